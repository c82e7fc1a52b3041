from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import services
from apps.accounts.exceptions import LinkUsed
from apps.accounts.models import MailLink, User
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.signing_in import LAPTOP, PHONE, client_with, me, outcome, post, sign_in, step_up
from apps.notifications.models import Message
from apps.outbox import services as outbox
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db

NEW = "another-long-one-8"


@pytest.fixture
def user():
    return UserFactory(email="ada@example.test", language="en", email_verified_at=timezone.now())


@pytest.fixture
def token(user):
    return services.issue_reset(user=user, request_key="reset-1", address="192.0.2.1")


def reset(token, password=NEW, **more):
    return post("password-reset/confirm", token=token, password=password, **more)


def change(client, **changes):
    body = {"current_password": PASSWORD, "new_password": NEW} | changes
    return client.post("/api/v1/auth/change-password/", body, format="json")


@pytest.fixture
def stepped_up(user):
    return step_up(user, sign_in(user), "change_password")


def test_a_new_password_comes_by_mail_and_signs_every_device_out(user):
    access = sign_in(user).access
    assert post("password-reset", email="ADA@example.test").status_code == 202
    outbox.drain()
    mail = Message.objects.get(template="reset_password")

    assert reset(mail.text.partition("?token=")[2].split()[0]).status_code == 200

    assert me(access).status_code == 401
    assert post("login", email=user.email, password=PASSWORD).status_code == 400
    assert post("login", email=user.email, password=NEW).status_code == 200
    outbox.drain()
    assert Message.objects.get(template="password_changed").recipient == "ada@example.test"


def test_the_link_works_once_and_for_an_hour(user, token):
    link = MailLink.objects.get()
    assert timedelta(minutes=59) < link.expires_at - timezone.now() <= timedelta(minutes=60)
    assert link.ip_address == "192.0.2.1"

    assert reset(token).status_code == 200
    assert outcome(reset(token)) == (400, "link-used")

    MailLink.objects.update(used_at=None, expires_at=timezone.now())
    assert outcome(reset(token)) == (400, "link-expired")


def test_a_password_that_was_changed_meanwhile_puts_the_link_out(stepped_up, token):
    assert change(stepped_up).status_code == 200

    assert outcome(reset(token, password="una-clave-larga-9")) == (400, "link-expired")


def test_an_easy_password_is_refused_and_leaves_the_link_as_it_was(user, token):
    refused = reset(token, "password1")

    assert refused.json()["errors"] == {"password": ["This password is too common."]}
    assert reset(token, NEW, password_confirm="different").json()["errors"] == {
        "password_confirm": ["The two passwords differ."]
    }
    assert reset(token).status_code == 200


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_the_link_at_once_one_sets_the_password(user, token):
    passwords = [f"{NEW}-{n}" for n in range(6)]

    def use(password):
        services.reset_password(token=token, password=password, device=services.Device())

    results = race(*[lambda password=password: use(password) for password in passwords])

    assert refusals(results, LinkUsed) == 5
    winner = passwords[results.index(None)]
    assert User.objects.get().check_password(winner)


def test_whoever_reads_the_mailbox_takes_over_an_account_that_a_stranger_registered():
    squatted = UserFactory(email="eva@example.test", is_active=False)

    reset(services.issue_reset(user=squatted, request_key="reset", address=""))

    squatted.refresh_from_db()
    assert (squatted.is_active, squatted.is_email_verified, squatted.check_password(NEW)) == (True, True, True)


@pytest.mark.parametrize("closed", [{"locked_at": timezone.now()}, {"email_verified_at": timezone.now()}])
def test_a_closed_account_gets_no_link(closed):
    user = UserFactory(is_active=False, **closed)

    assert services.issue_reset(user=user, request_key="reset", address="") is None


def test_an_address_may_ask_ten_times():
    assert [post("password-reset", email="x@example.test").status_code for _ in range(11)] == [202] * 10 + [429]


def test_who_knows_the_old_password_changes_it_and_signs_the_others_out(user):
    here, there = sign_in(user, PHONE), sign_in(user, LAPTOP)

    assert change(step_up(user, here, "change_password")).status_code == 200

    assert (me(here.access).status_code, me(there.access).status_code) == (200, 401)
    assert post("refresh", refresh=here.refresh).status_code == 200
    assert User.objects.get().check_password(NEW)


def test_a_wrong_old_password_is_said_beside_its_field_and_changes_nothing(stepped_up):
    response = change(stepped_up, current_password="not-it")

    assert outcome(response) == (400, "current-password-wrong")
    assert response.json()["errors"] == {"current_password": ["Current password is incorrect."]}
    assert User.objects.get().check_password(PASSWORD)


def test_old_passwords_cannot_be_guessed_without_end(stepped_up):
    assert [change(stepped_up, current_password=f"guess-{n}").status_code for n in range(4)] == [400, 400, 400, 429]


def test_an_easy_new_password_is_said_beside_its_field(stepped_up):
    response = change(stepped_up, new_password="12345")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["new_password"]
    assert change(stepped_up, confirm_password="different").json()["errors"] == {
        "confirm_password": ["The two passwords differ."]
    }


def test_the_old_password_alone_changes_nothing(user):
    assert outcome(change(client_with(sign_in(user).access))) == (403, "step-up-required")
    assert User.objects.get().check_password(PASSWORD)


def test_strangers_change_nothing():
    assert APIClient().post("/api/v1/auth/change-password/", {}, format="json").status_code == 401
