"""Paystack knows no idempotency keys: that a refund goes out once is the shop's own business."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now

from apps.common import audit
from apps.common.money import Money
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.tests.placing import place
from apps.payments import services
from apps.payments.exceptions import ProviderUnavailable
from apps.payments.models import Payment, Refund
from apps.payments.providers import get_online_provider
from apps.payments.services import refunds
from tests.racing import race, refusals


@pytest.fixture
def refund(paystack):
    """Two dollars of a paid order, not sent yet; whoever looks at Paystack's list has time to find nothing."""
    payment = services.open_payment(order=place(StockItemFactory()), provider="paystack")
    services.start_payment(payment_id=payment.pk)
    paystack.control("POST", f"/paystack/transactions/{payment.reference}/approve", {})
    services.settle_payment(payment_id=payment.pk)
    paystack.next("paystack", "slow", method="POST", path="/refund", seconds=0.3, times=5)
    return services.request_refund(
        payment_id=payment.pk, amount=Money(Decimal("2.00"), "USD"), reason="broken", actor="staff:1"
    )


def sent(refund):
    return [str(one.amount) for one in get_online_provider("paystack").list_refunds(refund.payment.provider_reference)]


def send(refund):
    services.execute_refund(refund_id=refund.pk)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_five_workers_at_once_send_it_once(refund):
    results = race(*[lambda: send(refund)] * 5)

    assert refusals(results, ProviderUnavailable) == 4
    assert sent(refund) == ["2.00 USD"]
    assert Payment.objects.get().refunding_until is None
    assert list(audit.run()) == []


@pytest.mark.django_db(transaction=True)
def test_without_the_lease_they_would_send_it_again_and_again(refund):
    """The twin: look, then send, and nobody waits for anybody. If this cannot fail, the test above proves nothing."""
    online = get_online_provider("paystack")

    race(*[lambda: refunds._send(online, refund)] * 5)

    assert len(sent(refund)) > 1


@pytest.mark.django_db
def test_while_somebody_is_at_it_nobody_else_sends(refund):
    Payment.objects.update(refunding_until=Now() + timedelta(minutes=1))

    with pytest.raises(ProviderUnavailable):
        send(refund)

    assert sent(refund) == []
    assert Refund.objects.get().status == "queued"


@pytest.mark.django_db
def test_a_worker_that_died_holds_it_up_only_so_long(refund):
    Payment.objects.update(refunding_until=Now() - timedelta(seconds=1))

    send(refund)

    assert sent(refund) == ["2.00 USD"]
    assert Payment.objects.get().refunding_until is None


@pytest.mark.django_db
def test_a_try_that_failed_can_be_repeated_at_once(refund, paystack):
    paystack.next("paystack", "error_500", method="GET", path="/transaction/verify")

    with pytest.raises(ProviderUnavailable):
        send(refund)
    send(refund)

    assert sent(refund) == ["2.00 USD"]
