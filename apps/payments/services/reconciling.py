"""Asking the providers of our own accord: what we never heard of, or heard and lost, is found here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from math import inf
from time import monotonic
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.common.exceptions import DomainError
from apps.common.money import Money
from apps.orders.models import AWAITING_PAYMENT
from apps.payments.exceptions import ProviderRejected
from apps.payments.models import Payment, PaymentStatus, Refund, RefundStatus
from apps.payments.providers import ProviderPayment, ProviderStatus, get_online_provider
from apps.payments.services.attempts import start_payment
from apps.payments.services.refunds import execute_refund
from apps.payments.services.settling import act_on

log = logging.getLogger(__name__)

Row = TypeVar("Row", Payment, Refund)

OPEN_FOR = timedelta(minutes=2)
REFUND_STUCK_FOR = timedelta(minutes=10)
SHIFT_SECONDS = 45  # shorter than the beat, and than what a task may take
MAX_FAILURES = 5  # in a row: then the provider is taken to be down, and the next round begins where this one ended
_KNOWN_THERE = ~Q(provider_reference="")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a payment or refund is here and at its provider. `is_mended` says whether we acted on it."""

    reference: str
    ours: str
    theirs: str
    is_mended: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def reconcile_open_payments(*, apply: bool = True) -> list[Difference]:
    """Begin what never began, settle what is open, send the refunds that are stuck; a shift long, first come first."""
    never_began = Q(status=PaymentStatus.CREATED)
    not_decided = _KNOWN_THERE & (
        Q(status__in=[PaymentStatus.PENDING, PaymentStatus.PROCESSING])
        | Q(status=PaymentStatus.FAILED, order__status__in=AWAITING_PAYMENT)
    )
    payments = Payment.objects.filter(never_began | not_decided, updated_at__lt=Now() - OPEN_FOR)
    stuck = Refund.objects.filter(status=RefundStatus.QUEUED, updated_at__lt=Now() - REFUND_STUCK_FOR)
    return _each(payments, _compare, apply, SHIFT_SECONDS) + _each(stuck, _resend, apply, SHIFT_SECONDS)


def reconcile_recent_payments(*, hours: int, apply: bool = True, seconds: float = inf) -> list[Difference]:
    """Compare every payment begun in the last `hours`, and those with refunds under way, however old."""
    under_way = Q(refunds__status=RefundStatus.PENDING)
    recent = Payment.objects.filter(_KNOWN_THERE, Q(created_at__gt=Now() - timedelta(hours=hours)) | under_way)
    return _each(recent.distinct(), _compare, apply, seconds)


def _each(
    rows: QuerySet[Row], look: Callable[[Row, bool], Difference | None], apply: bool, seconds: float
) -> list[Difference]:
    """Look at each row, and put it at the end of the queue, so that none holds up another."""
    differences, failures, ends_at = [], 0, monotonic() + seconds
    for row in list(rows.order_by("updated_at", "pk")):
        if failures == MAX_FAILURES or monotonic() > ends_at:
            break
        try:
            differences.append(look(row, apply))
            failures = 0
        except ProviderRejected as refusal:
            log.warning("%s could not be reconciled: %s", row, refusal)  # it answers, so the next may be fine
        except DomainError as error:
            log.warning("%s could not be reconciled: %s", row, error)
            failures += 1
        if apply:
            type(row)._default_manager.filter(pk=row.pk).update(updated_at=Now())
    return [difference for difference in differences if difference]


def _compare(payment: Payment, apply: bool) -> Difference | None:
    if not payment.provider_reference:
        if apply:
            start_payment(payment_id=payment.pk)
        return Difference(payment.reference, payment.status, "not known", apply)
    online = get_online_provider(payment.provider)
    if online is None:
        return None
    truth = online.fetch(payment.provider_reference)
    ours, theirs = _describe_ours(payment), _describe_theirs(truth)
    if apply:
        act_on(payment, online, truth)
    return None if ours == theirs else Difference(payment.reference, ours, theirs, apply)


def _resend(refund: Refund, apply: bool) -> Difference:
    if apply:
        execute_refund(refund_id=refund.pk)
    return Difference(str(refund.public_id), refund.status, "not known", apply)


def _describe_ours(payment: Payment) -> str:
    sent = payment.refunds.filter(status__in=[RefundStatus.PENDING, RefundStatus.SUCCEEDED])
    refunded = sum((refund.money for refund in sent), Money.zero(payment.currency))
    status = PaymentStatus.SUCCEEDED if payment.is_judged else payment.status
    return _describe(status, payment.captured, refunded)


def _describe_theirs(truth: ProviderPayment) -> str:
    gone = [one.amount for one in truth.refunds if one.status != ProviderStatus.FAILED]
    return _describe(truth.status, truth.captured, sum(gone, Money.zero(truth.captured.currency)))


def _describe(status: str, captured: Money, refunded: Money) -> str:
    return f"{status}, {captured} taken, {refunded} given back"
