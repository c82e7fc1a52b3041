"""Ask the provider what became of an attempt, and act on it."""

from __future__ import annotations

import logging
from dataclasses import replace

from django.db.models import F

from apps.payments.exceptions import (
    PaymentDeclined,
    ProviderRejected,
)
from apps.payments.models import Payment, PaymentStatus
from apps.payments.providers import (
    OnlineProvider,
    ProviderPayment,
    ProviderStatus,
    get_online_provider,
)
from apps.payments.services.judging import apply_truth

log = logging.getLogger(__name__)


def settle_payment(*, payment_id: int) -> Payment:
    """Ask the provider what is true and act on it; webhook, return page and reconciler all end here. Twice is once.

    Call outside a transaction. A payment whose money only staff see is left as it is.

    Raises:
        ProviderUnavailable: try again later.
    """
    payment = Payment.objects.get(pk=payment_id)
    online = get_online_provider(payment.provider)
    if online is None or not payment.provider_reference:
        return payment
    return act_on(payment, online, online.fetch(payment.provider_reference))


def act_on(payment: Payment, online: OnlineProvider, truth: ProviderPayment) -> Payment:
    """Take what the customer has agreed to, if the order still wants it, and bring our books to what is true.

    Call outside a transaction.

    Raises:
        ProviderUnavailable: whether it was taken is not known; ask again.
    """
    if truth.status == ProviderStatus.AUTHORISED and _is_wanted(payment.pk):
        truth = _capture(online, payment, truth)
    return apply_truth(payment_id=payment.pk, truth=truth)


def _is_wanted(payment_id: int) -> bool:
    """Whether to take money that the customer has agreed to: not for an order that could not use it."""
    payment = Payment.objects.select_related("order").filter(pk=payment_id).reachable().first()
    return payment is not None and payment.order.is_awaiting_payment and payment.order.balance >= payment.part


def _capture(online: OnlineProvider, payment: Payment, truth: ProviderPayment) -> ProviderPayment:
    """Take it; return page and webhook may do so at once, for the key makes it one. A decline ends the key's use."""
    try:
        return online.capture(payment.provider_reference, key=f"{payment.reference}-{payment.declines}")
    except PaymentDeclined as refusal:
        Payment.objects.filter(pk=payment.pk).update(declines=F("declines") + 1)
        code, message = refusal.failure_code, refusal.message
    except ProviderRejected as refusal:
        log.error("%s could not be captured: %s", payment, refusal)
        code, message = refusal.reason, refusal.message
    return replace(truth, status=ProviderStatus.FAILED, failure_code=code, failure_message=message)


def void_payment(*, payment_id: int) -> None:
    """Tell the provider that an attempt is given up; if the customer was quicker, his money is judged (table D4).

    Call outside a transaction.
    """
    payment = Payment.objects.get(pk=payment_id)
    online = get_online_provider(payment.provider)
    if online is None or not payment.provider_reference or payment.status != PaymentStatus.CANCELLED:
        return
    apply_truth(payment_id=payment_id, truth=online.void(payment.provider_reference))
