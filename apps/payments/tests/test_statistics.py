"""How payments went, day by day and way by way."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.payments import selectors
from apps.payments.models import Payment
from apps.payments.tests.test_payments_api import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments(buyer):
    """By card: paid after 30, 60 and 90 seconds, one declined, one open, one given up; by transfer one that waits."""
    for seconds in (90, 30, 60):
        payment = buyer.paid()
        Payment.objects.filter(pk=payment.pk).update(created_at=F("succeeded_at") - timedelta(seconds=seconds))
    declined = buyer.begin()
    Payment.objects.filter(pk=declined.pk).update(status="failed", failure_code="card_declined")
    buyer.begin()
    Payment.objects.filter(pk=buyer.begin().pk).update(status="cancelled")
    buyer.begin(provider="bank_transfer")


def figures(days=14):
    rows = selectors.payment_figures(days=days)
    return {row.provider: row for row in rows if row.day is None}, [row for row in rows if row.day]


def test_what_succeeded_and_failed_is_counted_for_each_way_of_paying(payments):
    card, transfer = (figures()[0][name] for name in ("stripe", "bank_transfer"))

    assert (card.begun, card.succeeded, card.failed, card.open) == (5, 3, 1, 1)
    assert (card.success_percent, card.failure_percent) == (Decimal("75.0"), Decimal("25.0"))
    assert card.median_seconds_to_pay == 60
    assert (transfer.begun, transfer.open, transfer.success_percent, transfer.median_seconds_to_pay) == (
        1,
        1,
        None,
        None,
    )


def test_days_are_counted_apart_and_old_ones_left_out(payments):
    first = Payment.objects.earliest("pk")
    Payment.objects.filter(pk=first.pk).update(created_at=Now() - timedelta(days=3))

    totals, by_day = figures()

    today = database_now().date()
    stripe = {row.day: row.begun for row in by_day if row.provider == "stripe"}
    assert stripe[today - timedelta(days=3)] == 1
    assert sum(stripe.values()) == totals["stripe"].begun == 5
    assert figures(days=3)[0]["stripe"].begun == 4
    assert figures(days=4)[0]["stripe"].begun == 5


def test_a_page_that_was_lost_is_a_failure(buyer):
    Payment.objects.filter(pk=buyer.begin().pk).update(status="cancelled", failure_code="page_lost")

    assert figures()[0]["stripe"].failed == 1


def test_staff_read_them(payments, staff):
    body = Caller(staff).get("payments/stats/?days=2").json()

    assert body["days"] == 2
    [transfer, card] = body["providers"]
    assert card == {
        "date": None,
        "provider": "stripe",
        "begun": 5,
        "succeeded": 3,
        "failed": 1,
        "open": 1,
        "success_percent": "75.0",
        "failure_percent": "25.0",
        "median_seconds_to_pay": 60,
    }
    assert (transfer["success_percent"], transfer["median_seconds_to_pay"]) == (None, None)
    assert {row["provider"] for row in body["by_day"]} == {"stripe", "bank_transfer"}


@pytest.mark.parametrize("days", ["0", "367", "many"])
def test_a_number_of_days_that_is_none_is_refused(staff, days):
    assert Caller(staff).get(f"payments/stats/?days={days}").status_code == 400


def test_nobody_else_reads_them(db):
    ada = User.objects.create_user("ada@example.test", "a-long-password")
    helper = User.objects.create_user("helper@example.test", "a-long-password", is_staff=True)

    assert [Caller(person).get("payments/stats/").status_code for person in (None, ada, helper)] == [401, 403, 403]
