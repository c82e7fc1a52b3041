"""Who works in a store: invited by e-mail, given roles, let go; and never is nobody left to own it."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import outcome
from apps.common import audit
from apps.notifications.models import Message
from apps.outbox import services as outbox
from apps.stores import selectors, services
from apps.stores.exceptions import LastOwner
from apps.stores.models import StoreAction, StoreInvitation, StoreMember, StoreRole
from apps.stores.tests.factories import StoreFactory, StoreMemberFactory
from apps.stores.tests.visiting import as_person
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db

MEMBERS, MINE = "stores/shop/members/", "me/store-invitations/"


@pytest.fixture
def owner():
    return StoreMemberFactory(user__email="ada@example.test")


@pytest.fixture
def eva():
    return UserFactory(email="eva@example.test", language="en", email_verified_at=timezone.now())


def invite(owner, email="eva@example.test", role="clerk"):
    return as_person(owner.user).post(MEMBERS, email=email, role=role)


def roles():
    return dict(StoreMember.objects.values_list("user__email", "role"))


def test_whoever_is_invited_reads_of_it_accepts_and_works_there(owner, eva):
    assert invite(owner, "Eva@Example.test").status_code == 202
    outbox.drain()

    mail = Message.objects.get(template="store_invitation")
    asked = as_person(eva).get(MINE).json()["results"]
    accepted = as_person(eva).post(f"{MINE}{asked[0]['id']}/")

    assert (mail.recipient, mail.subject) == ("eva@example.test", "Shop invites you")
    assert "/account/invitations" in mail.text
    assert (asked[0]["store"]["slug"], asked[0]["role"]) == ("shop", "clerk")
    assert (accepted.status_code, accepted.json()["role"]) == (200, "clerk")
    assert roles() == {"ada@example.test": "owner", "eva@example.test": "clerk"}
    assert not StoreInvitation.objects.exists()


def test_an_invitation_says_the_same_of_every_address_and_is_mailed_once(owner, eva):
    known, unknown = invite(owner), invite(owner, "nobody@example.test")
    invite(owner, role="manager")
    outbox.drain()

    assert known.status_code == unknown.status_code == 202
    assert known.json().keys() == unknown.json().keys()
    assert Message.objects.filter(template="store_invitation", recipient="eva@example.test").count() == 1
    assert as_person(eva).get(MINE).json()["results"][0]["role"] == "manager"


def test_nobody_accepts_for_a_mailbox_that_he_has_not_proved_to_read(owner, eva):
    invitation = invite(owner).json()["id"]
    User.objects.filter(pk=eva.pk).update(email_verified_at=None)
    stranger = UserFactory(email_verified_at=timezone.now())

    for person in (User.objects.get(pk=eva.pk), stranger):
        assert as_person(person).get(MINE).json()["count"] == 0
        assert outcome(as_person(person).post(f"{MINE}{invitation}/")) == (404, "store-invitation-not-found")
        assert as_person(person).delete(f"{MINE}{invitation}/").status_code == 404
    assert roles() == {"ada@example.test": "owner"}


@pytest.mark.parametrize("end", ["old", "withdrawn", "declined"])
def test_an_invitation_that_is_over_opens_nothing(owner, eva, end):
    invitation = invite(owner).json()["id"]

    if end == "old":
        StoreInvitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "withdrawn":
        assert as_person(owner.user).delete(f"stores/shop/invitations/{invitation}/").status_code == 204
    else:
        assert as_person(eva).delete(f"{MINE}{invitation}/").status_code == 204

    assert outcome(as_person(eva).post(f"{MINE}{invitation}/")) == (404, "store-invitation-not-found")
    assert as_person(owner.user).get("stores/shop/invitations/").json()["count"] == 0


def test_a_store_has_so_many_open_invitations(owner, monkeypatch):
    monkeypatch.setattr(services, "MOST_INVITATIONS", 1)

    assert invite(owner).status_code == invite(owner, role="manager").status_code == 202
    assert outcome(invite(owner, "other@example.test")) == (409, "too-many-store-invitations")


def test_the_only_owner_neither_leaves_nor_becomes_less(owner):
    client = as_person(owner.user)

    refused = [
        client.delete("me/stores/shop/"),
        client.delete(f"{MEMBERS}{owner.public_id}/"),
        client.patch(f"{MEMBERS}{owner.public_id}/", role="manager"),
    ]

    assert [outcome(answer) for answer in refused] == [(409, "store-last-owner")] * 3
    assert roles() == {"ada@example.test": "owner"}


def test_with_another_owner_the_first_may_go(owner, eva):
    member = StoreMemberFactory(user=eva, role=StoreRole.CLERK)
    as_person(owner.user).patch(f"{MEMBERS}{member.public_id}/", role="owner")

    assert as_person(owner.user).delete("me/stores/shop/").status_code == 204
    assert roles() == {"eva@example.test": "owner"}
    assert as_person(owner.user).get(MEMBERS).status_code == 404


@pytest.mark.parametrize(
    ("role", "may"),
    [("owner", ["look", "sell", "run"]), ("manager", ["look", "sell"]), ("clerk", ["look"]), (None, [])],
)
def test_a_role_says_what_one_may_do_in_its_own_store(eva, role, may):
    shop, other = StoreFactory(), StoreFactory(slug="other")
    if role:
        StoreMemberFactory(store=shop, user=eva, role=role)

    assert [action for action in StoreAction if selectors.can(eva, shop, action)] == may
    assert not any(selectors.can(eva, other, action) for action in StoreAction)


@pytest.mark.parametrize("role", ["manager", "clerk"])
def test_who_works_there_sees_colleagues_and_changes_none(owner, eva, role):
    member = StoreMemberFactory(user=eva, role=role)
    client = as_person(eva)

    assert [one["email"] for one in client.get(MEMBERS).json()["results"]] == ["ada@example.test", "eva@example.test"]
    assert client.patch(f"{MEMBERS}{member.public_id}/", role="owner").status_code == 404
    assert client.delete(f"{MEMBERS}{owner.public_id}/").status_code == 404
    assert client.post(MEMBERS, email="x@example.test", role="owner").status_code == 404
    assert client.patch("stores/shop/", email="x@example.test").status_code == 404
    assert roles() == {"ada@example.test": "owner", "eva@example.test": role}


def test_a_member_of_another_store_is_not_to_be_found_by_his_id(owner):
    stranger = StoreMemberFactory(store=StoreFactory(slug="other"))

    answer = as_person(owner.user).delete(f"{MEMBERS}{stranger.public_id}/")

    assert outcome(answer) == (404, "store-member-not-found")
    assert StoreMember.objects.filter(pk=stranger.pk).exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_once_one_stays(owner):
    members = [owner, *StoreMemberFactory.create_batch(3)]

    results = race(*(partial(services.leave_store, store=owner.store, user=member.user) for member in members))

    assert refusals(results, LastOwner) == 1
    assert list(StoreMember.objects.values_list("role", flat=True)) == ["owner"]


@pytest.mark.django_db(transaction=True)
def test_without_one_at_a_time_the_same_race_leaves_nobody(owner):
    """The twin of the race above: it proves that the race can be lost."""

    def leave_carelessly(member):
        with transaction.atomic():
            services._require_another_owner(member)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.05)")
            member.delete()

    other, clerk = StoreMemberFactory(), StoreMemberFactory(role=StoreRole.CLERK)

    race(lambda: leave_carelessly(owner), lambda: leave_carelessly(other))

    assert list(StoreMember.objects.values_list("pk", flat=True)) == [clerk.pk]
    assert [finding.invariant.code for finding in audit.run()] == ["A4"]
