"""How often one may try to get in, and what is kept of it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import services
from apps.accounts.exceptions import InvalidCredentials, TooManyAttempts
from apps.accounts.models import AttemptKind, SecurityAttempt
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.common.models import Counter
from tests.racing import race

pytestmark = pytest.mark.django_db

HERE, THERE = "192.0.2.1", "198.51.100.1"


@pytest.fixture
def user():
    return UserFactory(email="ada@example.test")


def log_in(password, email="ada@example.test", address=HERE):
    body = {"email": email, "password": password}
    return APIClient(REMOTE_ADDR=address).post("/api/v1/auth/login/", body, format="json")


def logged(**filters):
    return list(SecurityAttempt.objects.filter(**filters).order_by("pk").values_list("is_success", "reason"))


def test_after_three_wrong_passwords_an_account_is_locked_at_that_address_only(user):
    assert [log_in("wrong").status_code for _ in range(3)] == [400, 400, 400]

    refused = log_in(PASSWORD)

    assert refused.status_code == 429
    assert refused.json()["code"] == "too-many-attempts"
    assert refused.json()["detail"] == "Too many failed login attempts. Please try again later."
    assert 0 < int(refused["Retry-After"]) <= 15 * 60
    assert log_in(PASSWORD, address=THERE).status_code == 200


def test_after_five_wrong_passwords_an_address_is_locked_for_every_account(user):
    assert [log_in("wrong", email=f"person{n}@example.test").status_code for n in range(5)] == [400] * 5

    assert log_in(PASSWORD).status_code == 429
    assert log_in(PASSWORD, address=THERE).status_code == 200


def test_the_lock_opens_when_its_time_is_over(user):
    for _ in range(4):
        log_in("wrong")
    Counter.objects.update(ends_at=timezone.now())

    assert log_in(PASSWORD).status_code == 200


def test_who_gets_in_has_used_up_nothing(user):
    for _ in range(3):
        assert [log_in("wrong").status_code, log_in(PASSWORD).status_code] == [400, 200]
    assert [log_in(PASSWORD).status_code for _ in range(6)] == [200] * 6


def test_other_spellings_of_an_address_are_the_same_account(user):
    spellings = ["ada@example.test", "ADA@example.test", " ada@Example.test"]

    assert [log_in("wrong", email=email).status_code for email in spellings] == [400] * 3
    assert log_in(PASSWORD).status_code == 429


def test_a_right_password_to_a_closed_account_locks_nobody_out():
    UserFactory(email="ada@example.test", is_active=False)

    assert {log_in(PASSWORD).json()["code"] for _ in range(6)} == {"account-not-active"}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_sixty_wrong_logins_at_once_exactly_ten_are_checked(user, settings):
    settings.SECURITY_ATTEMPT_LIMITS = {
        **settings.SECURITY_ATTEMPT_LIMITS,
        "login_ip": (10, 15),
        "login_user": (10, 15),
    }

    def guess():
        services.log_in(email=user.email, password="wrong", device=services.Device(address=HERE))

    results = race(*[guess] * 60)  # the server takes a hundred connections, and others race too

    assert sum(isinstance(result, InvalidCredentials) for result in results) == 10
    assert sum(isinstance(result, TooManyAttempts) for result in results) == 50


def test_ten_registrations_an_hour_come_from_one_address(user):
    def register(number, address=HERE):
        body = {"email": f"new{number}@example.test", "password": PASSWORD}
        return APIClient(REMOTE_ADDR=address).post("/api/v1/auth/register/", body, format="json")

    assert [register(number).status_code for number in range(10)] == [201] * 10

    refused = register(10)
    assert (refused.status_code, refused.json()["detail"]) == (
        429,
        "Too many registration attempts. Please try again later.",
    )
    assert register(11, THERE).status_code == 201


def test_every_attempt_is_kept_with_what_came_of_it(user):
    log_in("wrong")
    log_in(PASSWORD)
    log_in("wrong", email="nobody@example.test")

    assert logged(email="ada@example.test") == [(False, "invalid-credentials"), (True, "")]
    assert logged(email="nobody@example.test") == [(False, "invalid-credentials")]
    success = SecurityAttempt.objects.get(is_success=True)
    assert (success.kind, success.user, success.ip_address) == (AttemptKind.LOGIN, user, HERE)


def test_a_lockout_is_kept_once_however_often_it_is_run_against(user):
    for _ in range(8):
        log_in("wrong")

    assert logged() == [(False, "invalid-credentials")] * 3 + [(False, "too-many-attempts")]


def test_no_password_is_kept(user):
    log_in("my-secret-guess")

    assert "my-secret-guess" not in str(list(SecurityAttempt.objects.values()))


def test_old_attempts_are_forgotten(user):
    log_in("wrong")
    SecurityAttempt.objects.update(created_at=timezone.now() - timedelta(days=91))
    log_in("wrong")

    assert services.delete_old_attempts() == 1
    assert SecurityAttempt.objects.count() == 1
