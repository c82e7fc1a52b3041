from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import services
from apps.accounts.exceptions import LinkUsed
from apps.accounts.models import MailLink, SecurityAttempt, User
from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import me, outcome, post
from apps.notifications.models import Message
from apps.outbox import services as outbox
from apps.outbox.models import OutboxMessage
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db

LINK = "/api/v1/auth/verify-email/{}/"


@pytest.fixture
def user():
    return UserFactory(email="ada@example.test", is_active=False)


@pytest.fixture
def token(user):
    return services.issue_verification(user=user, request_key="registered-1")


def verify(token):
    return APIClient().post(LINK.format(token))


def test_looking_at_the_link_uses_nothing_up_and_posting_it_signs_in(user, token):
    for _ in range(2):  # a mail scanner, then the person
        look = APIClient().get(LINK.format(token))
        assert (look.status_code, look.json()["email"]) == (200, "ada@example.test")
    assert not User.objects.get().is_active

    response = verify(token)

    assert response.status_code == 200
    assert response.json()["user"]["is_email_verified"] is True
    assert me(response.json()["access"]).json()["email"] == "ada@example.test"
    assert User.objects.get().is_active


def test_the_token_may_come_in_the_body(user, token):
    assert post("verify-email", token=token).status_code == 200


def test_the_link_works_once(user, token):
    verify(token)

    for response in (verify(token), APIClient().get(LINK.format(token))):
        assert outcome(response) == (400, "link-used")
        assert response.json()["reason"] == "token_used"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_who_open_it_at_once_one_gets_in(user, token):
    def verify_from(address):
        services.verify_email(token=token, device=services.Device(address=address))

    results = race(*[partial(verify_from, f"192.0.2.{n}") for n in range(8)])

    assert refusals(results, LinkUsed) == 7
    assert OutboxMessage.objects.filter(event_type="accounts.EmailVerified").count() == 1


def test_the_link_works_for_a_day(user, token):
    link = MailLink.objects.get()
    assert timedelta(hours=23) < link.expires_at - timezone.now() <= timedelta(hours=24)

    MailLink.objects.update(expires_at=timezone.now())

    assert outcome(verify(token)) == (400, "link-expired")
    assert not User.objects.get().is_active


def test_a_newer_link_puts_the_older_one_out(user, token):
    newer = services.issue_verification(user=user, request_key="again")

    assert outcome(verify(token)) == (400, "link-expired")
    assert verify(newer).status_code == 200


@pytest.mark.parametrize(
    "forge", [lambda t: "x" + t[1:], lambda t: t[:-1], lambda t: "nonsense", lambda t: t.split(".")[0]]
)
def test_a_forged_link_is_not_valid(user, token, forge):
    response = verify(forge(token))

    assert (outcome(response), response.json()["reason"]) == ((400, "link-not-valid"), "invalid_token")


def test_a_link_to_a_new_password_verifies_nothing(user):
    assert outcome(verify(services.issue_reset(user=user, request_key="reset", address=""))) == (400, "link-not-valid")


def test_a_link_does_not_open_an_account_that_staff_have_closed(user, token):
    User.objects.update(locked_at=timezone.now())

    assert outcome(verify(token)) == (400, "link-not-valid")
    assert not User.objects.get().is_active


def test_an_address_may_try_ten_times(user):
    assert [verify("guess").status_code for _ in range(11)] == [400] * 10 + [429]
    assert verify("guess").json()["detail"] == "Too many verification attempts. Please try again later."


def test_the_mail_comes_at_registration_and_again_when_asked_for():
    post("register", email="eva@example.test", password="una-clave-larga-7", language="en")
    outbox.drain()
    assert post("resend-verification", email="EVA@example.test").status_code == 202
    outbox.drain()

    first, second = Message.objects.filter(template="verify_email").order_by("pk")
    assert (first.recipient, first.subject) == ("eva@example.test", "Confirm your e-mail address")
    tokens = [message.text.partition("?token=")[2].split()[0] for message in (first, second)]
    assert [outcome(verify(token))[0] for token in tokens] == [400, 200]


def test_a_delivery_that_is_repeated_mails_one_link(user):
    tokens = {services.issue_verification(user=user, request_key="same") for _ in range(2)}

    assert len(tokens) == MailLink.objects.count() == 1


def test_nobody_gets_more_than_five_mails_an_hour(user):
    tokens = [services.issue_verification(user=user, request_key=f"mail-{n}") for n in range(6)]

    assert [token is None for token in tokens] == [False] * 5 + [True]


@pytest.mark.parametrize("path", ["resend-verification", "password-reset"])
def test_asking_for_mail_says_and_does_the_same_for_every_address(path, django_assert_num_queries):
    UserFactory(email="known@example.test")
    UserFactory(email="waiting@example.test", is_active=False)

    answers = set()
    for email in ("known@example.test", "waiting@example.test", "nobody@example.test"):
        with django_assert_num_queries(4):  # counted, and announced in a transaction: no look at who it is
            response = post(path, email=email)
        answers.add((response.status_code, response.content))

    assert len(answers) == 1


def test_nobody_who_needs_none_gets_a_mail():
    UserFactory(email="known@example.test", email_verified_at=timezone.now())
    for email in ("known@example.test", "nobody@example.test"):
        post("resend-verification", email=email)

    outbox.drain()

    assert not Message.objects.exists()


def test_what_came_of_it_is_kept(user, token):
    verify("guess")
    verify(token)

    kept = SecurityAttempt.objects.order_by("pk").values_list("kind", "is_success", "reason", "user__email")
    assert list(kept) == [
        ("verification", False, "link-not-valid", None),
        ("verification", True, "", "ada@example.test"),
    ]
