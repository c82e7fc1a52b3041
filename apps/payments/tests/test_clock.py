"""An order's clock stands still while a company works on its money, and not a moment longer."""

from datetime import timedelta

import pytest

from apps.common import audit
from apps.common.clock import database_now
from apps.orders.models import Order
from apps.payments import services
from apps.payments.models import Payment
from apps.payments.tests.test_parts import usd

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked_on(buyer):
    """A part of an order by card that Stripe works on, so that nobody knows when it will be decided."""
    payment = services.new_attempt(order_id=buyer.order(minutes=1).pk, provider="stripe", part=usd("5.00"))
    services.start_payment(payment_id=payment.pk)
    payment.refresh_from_db()
    buyer.intent(payment, status="processing")
    services.settle_payment(payment_id=payment.pk)
    assert due_at(payment) is None
    return payment


def due_at(payment):
    return Order.objects.get(pk=payment.order_id).payment_due_at


def decide(buyer, payment, **fields):
    buyer.intent(payment, **fields)
    return services.settle_payment(payment_id=payment.pk)


DECISIONS = [
    ({"status": "succeeded", "amount_received": 500}, "succeeded"),
    ({"status": "succeeded", "amount_received": 400}, "needs_review"),
    ({"status": "canceled"}, "cancelled"),
    (
        {"status": "requires_payment_method", "last_payment_error": {"code": "card_declined", "message": "No."}},
        "failed",
    ),
]


@pytest.mark.parametrize(("decision", "status"), DECISIONS, ids=[status for _, status in DECISIONS])
def test_whatever_is_decided_the_rest_has_a_window_again(buyer, worked_on, decision, status):
    assert decide(buyer, worked_on, **decision).status == status

    assert due_at(worked_on) > database_now() + timedelta(minutes=14)
    assert list(audit.run()) == []


def test_the_clock_stands_as_long_as_another_company_works(buyer, worked_on):
    order = Order.objects.get(pk=worked_on.order_id)
    fields = {"amount": 5, "currency": "USD", "order_amount": 5, "order_currency": "USD", "status": "processing"}
    Payment.objects.create(order=order, provider="paypal", reference="another", **fields)

    decide(buyer, worked_on, status="canceled")

    assert due_at(worked_on) is None
