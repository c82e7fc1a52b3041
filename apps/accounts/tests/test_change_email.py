"""Another address: asked for with a code, confirmed from the new mailbox, told to the old one."""

import pytest
from django.utils import timezone

from apps.accounts import services
from apps.accounts.exceptions import EmailTaken
from apps.accounts.models import LinkPurpose, MailLink, User
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.signing_in import client_with, me, outcome, post, sign_in, step_up
from apps.notifications.models import Message
from apps.outbox import services as outbox
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db

OLD, NEW = "ada@example.test", "ada@new.example.test"


@pytest.fixture
def ada():
    return UserFactory(email=OLD, language="en", email_verified_at=timezone.now())


@pytest.fixture
def tokens(ada):
    return sign_in(ada)


def ask(client, email=NEW):
    return client.post("/api/v1/auth/change-email/", {"email": email}, format="json")


def link_to(email, user, key="change-1"):
    return services.issue_email_change(user=user, email=email, request_key=key, address="")


def test_the_new_mailbox_confirms_and_the_old_one_is_told(ada, tokens):
    assert ask(step_up(ada, tokens, "change_email"), " Ada@NEW.example.test").status_code == 202
    outbox.drain()
    mail = Message.objects.get(template="change_email")
    assert (mail.recipient, me(tokens.access).json()["email"]) == (NEW, OLD)

    assert post("change-email/confirm", token=mail.text.partition("?token=")[2].split()[0]).status_code == 200

    assert me(tokens.access).json()["email"] == NEW
    assert post("login", email=OLD, password=PASSWORD).status_code == 400
    assert post("login", email=NEW, password=PASSWORD).status_code == 200
    outbox.drain()
    told = Message.objects.get(template="email_changed")
    assert (told.recipient, "a•••@new.example.test" in told.text) == (OLD, True)


def test_being_signed_in_is_not_enough(tokens):
    assert outcome(ask(client_with(tokens.access))) == (403, "step-up-required")


def test_an_address_that_somebody_has_is_refused(ada, tokens):
    UserFactory(email="eva@example.test")
    client = step_up(ada, tokens, "change_email")

    assert outcome(ask(client, "EVA@example.test")) == (400, "email-taken")
    assert outcome(ask(client, OLD)) == (400, "email-taken")


def test_an_address_that_was_taken_meanwhile_is_refused_and_the_account_keeps_its_own(ada):
    token = link_to(NEW, ada)
    UserFactory(email=NEW)

    assert outcome(post("change-email/confirm", token=token)) == (400, "email-taken")
    assert User.objects.get(pk=ada.pk).email == OLD


def test_a_link_works_once_and_for_nothing_else(ada):
    token = link_to(NEW, ada)

    assert outcome(post("verify-email", token=token)) == (400, "link-not-valid")
    assert outcome(post("change-email/confirm", token=token)) == (200, None)
    assert outcome(post("change-email/confirm", token=token)) == (400, "link-used")


def test_what_was_mailed_to_the_old_address_is_dead(ada):
    reset = services.issue_reset(user=ada, request_key="reset-1", address="")
    services.change_email(token=link_to(NEW, ada), device=services.Device())

    assert outcome(post("password-reset/confirm", token=reset, password="another-long-one-8")) == (400, "link-expired")
    stale = services.issue_reset(user=ada, request_key="reset-2", address="")  # `ada` was read before the change
    assert stale is None


def test_a_new_password_stops_a_change_that_waits(ada):
    token = link_to(NEW, ada)
    reset = services.issue_reset(user=ada, request_key="reset-1", address="")
    services.reset_password(token=reset, password="another-long-one-8", device=services.Device())

    assert outcome(post("change-email/confirm", token=token)) == (400, "link-expired")


def test_a_locked_account_changes_nothing(ada):
    token = link_to(NEW, ada)
    services.lock_user(user=ada)

    assert outcome(post("change-email/confirm", token=token)) == (400, "link-not-valid")
    assert link_to(NEW, ada, "change-2") is None


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_one_address_at_once_one_gets_it():
    links = [link_to(NEW, UserFactory(), f"change-{n}") for n in range(2)]

    results = race(*[lambda t=token: services.change_email(token=t, device=services.Device()) for token in links])

    assert refusals(results, EmailTaken) == 1
    assert User.objects.filter(email=NEW).count() == 1
    assert MailLink.objects.filter(purpose=LinkPurpose.CHANGE_EMAIL, used_at=None).count() == 1
