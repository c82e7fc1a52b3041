"""Histories of money that nobody has thought of: whatever happens in whatever order, the shop stays sound.

    MONEY_HISTORIES=2000 pytest tests/money/test_histories.py      # as many as you like, other ones each time

The same histories find each of the mistakes below, so we know that they would find others. After a change of the rules
or of Hypothesis they may have to be other ones: a handful of seeds is soon tried.
"""

import os

import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from apps.orders import services as order_services
from apps.orders.services import Receipt
from apps.payments import services
from apps.payments.services import judging, ledger, refunds
from tests.money.histories import MoneyHistory

pytestmark = pytest.mark.django_db

MANY = int(os.environ.get("MONEY_HISTORIES", "0"))
SEEDS = (10, 13)
USUAL = settings(
    max_examples=4,
    stateful_step_count=40,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
DEEP = settings(USUAL, max_examples=MANY or 1, stateful_step_count=80)
HUNT = settings(USUAL, phases=[Phase.generate], report_multiple_bugs=False)


@pytest.mark.parametrize("number", ["any"] if MANY else SEEDS)
def test_whatever_happens_no_money_is_lost_doubled_or_made_up(number):
    run_state_machine_as_test(MoneyHistory if MANY else histories(number), settings=DEEP if MANY else USUAL)


def histories(number):
    """Always the same ones for a number; a class of its own, because the seed stays at it."""
    return seed(number)(type("Histories", (MoneyHistory,), {}))


def keep_what_comes_too_much(patch):
    patch.setattr(refunds, "queue_excess", lambda *args, **options: None)


def keep_what_the_order_cannot_use(patch):
    patch.setattr(judging, "send_back", lambda *args: None)


def count_all_that_comes(patch):
    """Not only what the order still needs."""
    take = order_services.receive_payment
    patch.setattr(
        order_services,
        "receive_payment",
        lambda *, amount, **options: Receipt(amount, take(amount=amount, **options).is_paid),
    )


def forget_to_book_what_came(patch):
    patch.setattr(ledger, "book_capture", lambda *args: None)


def take_our_own_refunds_for_somebody_elses(patch):
    patch.setattr(refunds, "_is_same", lambda *args: False)


def forget_the_money_of_cancelled_orders(patch):
    patch.setattr(services, "refund_order", lambda **order: None)


def give_up_attempts_without_looking_whether_they_were_paid(patch):
    patch.setattr(services, "void_payment", lambda **payment: None)
    patch.setattr(judging, "_settle", lambda payment, truth: None)


MISTAKES = {
    keep_what_comes_too_much: 10,
    keep_what_the_order_cannot_use: 10,
    count_all_that_comes: 10,
    forget_to_book_what_came: 10,
    take_our_own_refunds_for_somebody_elses: 10,
    forget_the_money_of_cancelled_orders: 13,
    give_up_attempts_without_looking_whether_they_were_paid: 10,
}
"""Each with the seed whose histories come upon it; they are the very ones that the shop itself stands."""


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_the_histories_find_a_shop_that_would(mistake, monkeypatch):
    mistake(monkeypatch)

    with pytest.raises((AssertionError, DatabaseError)):
        run_state_machine_as_test(histories(MISTAKES[mistake]), settings=HUNT)
