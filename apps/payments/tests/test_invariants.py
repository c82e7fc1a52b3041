"""Each query finds the damage it is there for; a sound shop has none."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import override_settings

from apps.common import audit
from apps.orders.models import Order
from apps.outbox.models import Delivery
from apps.payments.models import Payment, Refund, WebhookEvent
from apps.payments.services import request_refund
from apps.payments.tests.paying import Buyer, deliver, work

pytestmark = pytest.mark.django_db


def refund_uncounted(payment):
    Refund.objects.create(payment=payment, amount=1, currency="USD", reason="damage", actor="shop")


def pay_twice(payment):
    fields = {"amount": payment.amount, "captured_amount": payment.amount, "currency": "USD", "status": "succeeded"}
    fields |= {"order_amount": payment.amount, "order_currency": "USD"}
    Payment.objects.create(order=payment.order, provider="stripe", reference="second", **fields)


def forget_who_paid(payment):
    Payment.objects.update(counted_amount=0)


def unpay_the_order(payment):
    Order.objects.update(payment_status="unpaid")


def book_a_refund_that_nobody_got(payment):
    Order.objects.update(refunded_amount=1)


def take_less_than_was_asked(payment):
    Payment.objects.update(captured_amount=1)


def set_aside_without_a_case(payment):
    Payment.objects.update(counted_amount=0, status="needs_review")


def cancel_without_giving_back(payment):
    Order.objects.update(status="cancelled", updated_at=Now() - timedelta(minutes=6))


def fail_a_refund_in_silence(payment):
    refund = request_refund(payment_id=payment.pk, amount=None, reason="broken", actor="shop")
    Refund.objects.filter(pk=refund.pk).update(status="failed")
    Payment.objects.update(refunded_amount=0)


def lose_an_event(payment):
    WebhookEvent.objects.update(status="received", processed_at=None, verdict="")
    Delivery.objects.update(status="done", done_at=Now())


def close_an_event_without_saying_when(payment):
    WebhookEvent.objects.update(processed_at=None)


@pytest.fixture(scope="module")
def paid(sandbox_server, kept_for_the_module):
    """A payment of a sound shop, which each test may damage as it likes."""
    sandbox_server.reset()
    with override_settings(STRIPE_API_BASE=sandbox_server.stripe_base):
        payment = Buyer(sandbox_server).paid()
        for webhook in sandbox_server.webhooks:
            deliver(webhook)
        work()
    assert list(audit.run()) == []
    return payment.pk


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (refund_uncounted, "M1"),
        (forget_who_paid, "M2"),
        (take_less_than_was_asked, "M6b"),
        (pay_twice, "M6b"),
        (unpay_the_order, "M2b"),
        (book_a_refund_that_nobody_got, "M2c"),
        (take_less_than_was_asked, "M7"),
        (set_aside_without_a_case, "M7"),
        (forget_who_paid, "M8"),
        (pay_twice, "M8"),
        (cancel_without_giving_back, "M8b"),
        (fail_a_refund_in_silence, "M8c"),
        (lose_an_event, "E2"),
        (close_an_event_without_saying_when, "E2b"),
    ],
)
def test_damage_is_found(paid, damage, code):
    damage(Payment.objects.get(pk=paid))

    assert code in {finding.invariant.code for finding in audit.run()}
