"""The answer with the page's address was lost: the shopper gets the page of another attempt, and pays once."""

import pytest

from apps.common import audit
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.tests.placing import place
from apps.payments import services
from apps.payments.models import Payment
from apps.payments.tests.paying import work
from apps.payments.tests.test_payments_api import guest_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    return place(StockItemFactory())


@pytest.fixture
def lost(paystack, order):
    """An attempt that Paystack knows of, and nobody its page."""
    payment = services.open_payment(order=order, provider="paystack")
    paystack.next("paystack", "reset_after_recording", method="POST", path="/transaction/initialize")
    assert services.start_payment(payment_id=payment.pk).type == "none"
    return payment


def statuses():
    return list(Payment.objects.order_by("pk").values_list("status", "failure_code"))


def test_whoever_asks_again_is_sent_to_the_page_of_another_attempt(order, lost):
    body = guest_of(order).post(f"orders/{order.number}/payments/", provider="paystack").json()

    assert (body["status"], body["next_action"]["type"]) == ("pending", "redirect")
    assert body["reference"] != lost.reference
    assert statuses() == [("cancelled", "page_lost"), ("pending", "")]


def test_checkout_does_the_same_for_the_first_payment(lost):
    payment, action = services.start_first_payment(payment=Payment.objects.get())

    assert (payment.status, action.type) == ("pending", "redirect")
    again, same = services.start_first_payment(payment=Payment.objects.earliest("pk"))
    assert (again, same) == (payment, action)
    assert Payment.objects.count() == 2


def test_a_second_page_that_is_lost_is_not_replaced_in_the_same_request(lost, paystack):
    paystack.next("paystack", "reset_after_recording", method="POST", path="/transaction/initialize")
    paystack.next("paystack", "reset_after_recording", method="POST", path="/transaction/initialize")

    payment, action = services.start_or_replace(payment_id=lost.pk)

    assert action.type == "none"
    assert Payment.objects.count() <= 2
    assert payment.status in {"created", "cancelled"}


def test_whoever_cannot_pay_any_more_gets_no_other_attempt(lost, order):
    type(order).objects.filter(pk=order.pk).update(status="cancelled")

    payment, action = services.start_or_replace(payment_id=lost.pk)

    assert (payment.pk, action.type) == (lost.pk, "none")
    assert Payment.objects.count() == 1


def test_the_page_that_is_shown_is_paid_once(order, lost, paystack):
    payment, _ = services.start_or_replace(payment_id=lost.pk)
    paystack.control("POST", f"/paystack/transactions/{payment.reference}/approve", {})

    services.settle_payment(payment_id=payment.pk)
    work()

    order.refresh_from_db()
    assert (order.status, order.payment_status) == ("confirmed", "paid")
    assert list(audit.run()) == []
