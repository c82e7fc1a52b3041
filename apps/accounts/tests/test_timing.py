"""How long an answer takes tells nobody whether an address has an account.

Counted is the processor time of the thread that answers, which others on the machine do not change, in turns, so that
whatever warms up or cools down is the same for both.
"""

import gc
import time
from statistics import median

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from apps.accounts.models import User
from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import post

pytestmark = pytest.mark.django_db

TOLERANCE = 0.1
NOBODY = "nobody@example.test"
DOORS = {
    "login": {"password": "not-the-password"},
    "password-reset": {},
    "resend-verification": {},
}


class HasherOfOneThread(PBKDF2PasswordHasher):
    """Argon2 works in threads of its own, whose time is not ours; this one is as long as the rest of a request."""

    iterations = 30_000


@pytest.fixture(autouse=True)
def long_enough(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.{HasherOfOneThread.__name__}"]
    settings.SECURITY_ATTEMPT_LIMITS = dict.fromkeys(settings.SECURITY_ATTEMPT_LIMITS, (10_000, 15))


def cost(door: str, email: str) -> float:
    began = time.thread_time()
    post(door, email=email, **DOORS[door])
    return time.thread_time() - began


def known_to_unknown(door: str, person: User) -> float:
    """How many times as long an answer takes about a registered address: the median of pairs."""
    known = person.email
    pairs = 16 if door == "login" else 50  # the others are short, and differ more from one time to the next
    cost(door, known), cost(door, NOBODY)  # both are warm
    gc.disable()
    try:
        return median(pair(door, known, known_first=number % 2 == 0) for number in range(pairs))
    finally:
        gc.enable()


def pair(door: str, known: str, *, known_first: bool) -> float:
    if known_first:
        return cost(door, known) / cost(door, NOBODY)
    return 1 / (cost(door, NOBODY) / cost(door, known))


@pytest.mark.parametrize("door", DOORS)
def test_an_answer_takes_as_long_for_who_is_registered_as_for_who_is_not(door):
    person = UserFactory(is_active=door == "login")

    assert known_to_unknown(door, person) == pytest.approx(1, abs=TOLERANCE)


def test_without_the_hash_for_nobody_the_difference_would_be_seen(monkeypatch):
    """The twin: it must fail, or the test above proves nothing."""
    person = UserFactory()
    monkeypatch.setattr(User, "set_password", lambda user, password: None)

    assert known_to_unknown("login", person) > 1 + TOLERANCE
