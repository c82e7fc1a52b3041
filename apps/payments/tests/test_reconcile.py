"""What nobody told us is found when we ask."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from apps.common import audit
from apps.orders import services as order_services
from apps.payments import services, tasks
from apps.payments.models import Payment, Refund
from apps.payments.tests.paying import order_of, work

pytestmark = pytest.mark.django_db


def some_minutes_later():
    Payment.objects.update(updated_at=Now() - timedelta(minutes=3))


def reconcile(*options):
    out = StringIO()
    call_command("reconcile_payments", *options, stdout=out)
    return out.getvalue()


def test_a_payment_of_which_no_webhook_told_is_settled(buyer):
    payment = buyer.begin()
    buyer.approve(payment)
    some_minutes_later()

    tasks.reconcile_open_payments()

    assert order_of(payment).status == "confirmed"
    assert list(audit.run()) == []


def test_a_payment_that_began_a_moment_ago_is_left_alone(buyer):
    buyer.begin()
    asked = len(buyer.stripe.requests("stripe"))

    assert services.reconcile_open_payments() == []
    assert len(buyer.stripe.requests("stripe")) == asked


@pytest.mark.parametrize("provider", ["stripe", "bank_transfer"])
def test_a_payment_that_never_began_begins(buyer, provider):
    services.open_payment(order=buyer.order(), provider=provider)
    some_minutes_later()

    services.reconcile_open_payments()

    assert Payment.objects.get().status == "pending"


def test_a_payment_whose_beginning_was_lost_is_found_again(buyer):
    payment = services.open_payment(order=buyer.order(), provider="stripe")
    buyer.stripe.next("stripe", "hang_after_recording")
    services.start_payment(payment_id=payment.pk)
    some_minutes_later()

    services.reconcile_open_payments()

    assert len([one for one in buyer.stripe.webhooks if one.type == "payment_intent.created"]) == 1
    assert Payment.objects.get().status == "pending"


def test_a_declined_payment_that_was_tried_again_is_settled(buyer):
    payment = buyer.begin()
    buyer.decline(payment)
    services.settle_payment(payment_id=payment.pk)
    buyer.approve(payment)
    some_minutes_later()

    services.reconcile_open_payments()

    assert order_of(payment).status == "confirmed"


def test_one_payment_that_cannot_be_asked_about_holds_up_no_other(buyer):
    first, second = buyer.begin(), buyer.begin()
    buyer.approve(second)
    some_minutes_later()
    buyer.stripe.next("stripe", "error_500", method="GET", path=f"/v1/payment_intents/{first.provider_reference}")

    services.reconcile_open_payments()

    assert [payment.status for payment in Payment.objects.order_by("pk")] == ["pending", "succeeded"]


def test_a_provider_that_is_down_is_asked_five_times_and_no_more(buyer):
    for _ in range(7):
        buyer.begin()
    some_minutes_later()
    buyer.stripe.next("stripe", "error_500", method="GET", times=None)
    asked = len(buyer.stripe.requests("stripe"))

    services.reconcile_open_payments()

    assert len(buyer.stripe.requests("stripe")) - asked == 5


def test_the_day_finds_a_refund_in_the_panel_of_which_no_webhook_told(buyer):
    payment = buyer.paid()
    buyer.refund_in_the_panel(payment, 500)

    tasks.reconcile_day()

    assert Refund.objects.get().amount == Decimal("5.00")
    assert list(audit.run()) == []


def test_the_day_judges_money_for_an_attempt_that_was_given_up(buyer):
    payment = buyer.begin()
    order_services.cancel_order(order_id=payment.order_id, actor="customer")
    Payment.objects.update(status="cancelled")
    buyer.approve(payment)

    services.reconcile_recent_payments(hours=24)
    work()

    assert Refund.objects.get().status == "succeeded"
    assert list(audit.run()) == []


def test_the_command_shows_and_changes_nothing_until_it_is_told_to(buyer):
    payment = buyer.begin()
    buyer.approve(payment)
    some_minutes_later()
    difference = (
        "here pending, 0.00 USD taken, 0.00 USD given back; there succeeded, 13.60 USD taken, 0.00 USD given back"
    )

    shown = reconcile()
    assert shown == f"{payment.reference}: {difference}\n1 differences found; --apply mends them.\n"
    assert order_of(payment).status == "pending"

    assert reconcile("--apply").endswith("1 differences mended.\n")
    assert order_of(payment).status == "confirmed"
    assert reconcile() == "0 differences found; --apply mends them.\n"


def test_the_command_speaks_json(buyer):
    payment = services.open_payment(order=buyer.order(), provider="stripe")
    some_minutes_later()

    assert json.loads(reconcile("--json")) == [
        {"reference": payment.reference, "ours": "created", "theirs": "not known", "is_mended": False}
    ]
    assert Payment.objects.get().status == "created"


def test_the_command_compares_a_whole_day(buyer):
    buyer.refund_in_the_panel(buyer.paid(), 500)

    assert "5.00 USD given back" in reconcile("--hours", "24")
    assert not Refund.objects.exists()
