"""What becomes of an attempt when its provider, or staff, say what is true: table D4 of the design, in one place.

| the order is                              | genuine money for it                                     |
| ----------------------------------------- | -------------------------------------------------------- |
| awaiting payment, or expired, units there | pays it                                                  |
| expired, units gone                       | goes back whole; a case for staff                        |
| expired, its cart ordered again           | goes back whole                                          |
| cancelled, or paid by another payment     | goes back whole                                          |
| any, but the amount or currency is wrong  | is set aside with a case for staff; nothing is paid      |

Refunds that the provider made before are booked first, so that the order in which news arrives changes nothing.
"""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Any

from django.db import transaction

from apps.common.clock import database_now
from apps.common.money import Money
from apps.inventory.exceptions import OutOfStock
from apps.orders import services as order_services
from apps.orders.exceptions import CartAlreadyOrdered, OrderTransitionNotAllowed
from apps.orders.models import OrderStatus
from apps.outbox import services as outbox
from apps.payments.events import PaymentCancelled, PaymentFailed, PaymentReturned
from apps.payments.models import CaseKind, Payment, PaymentStatus
from apps.payments.providers import ProviderPayment, ProviderStatus, get_provider
from apps.payments.services import refunds
from apps.payments.services.cases import open_case

log = logging.getLogger(__name__)


class Unwanted(StrEnum):
    """Why an order could not take its money."""

    UNITS_GONE = "units_gone"
    ORDERED_AGAIN = "ordered_again"
    ORDER_CANCELLED = "order_cancelled"
    ALREADY_PAID = "already_paid"


@transaction.atomic
def apply_truth(*, payment_id: int, truth: ProviderPayment) -> Payment:
    """Bring the payment, its refunds and its order to what the provider says; any number of times, in any order."""
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    known = payment.provider_reference or truth.provider_reference
    if truth.provider_reference != known:
        log.error("%s: the provider speaks of %s", payment, truth.provider_reference)
        return payment
    has_money = truth.status == ProviderStatus.SUCCEEDED
    if has_money or not payment.is_judged:
        _take_note(payment, known, dict(truth.answer))
        judge = _settle if has_money else _follow
        judge(payment, truth)
    return payment


def _take_note(payment: Payment, provider_reference: str, answer: dict[str, Any]) -> None:
    if (payment.provider_reference, payment.provider_answer) != (provider_reference, answer):
        payment.update(provider_reference=provider_reference, provider_answer=answer)


def _settle(payment: Payment, truth: ProviderPayment) -> None:
    unwanted = None
    if payment.is_judged:
        _compare(payment, truth.captured)
    else:
        unwanted = take_money(payment, truth.captured)
    refunds.sync_refunds(payment, truth.refunds)
    if unwanted:
        send_back(payment, unwanted)
    if truth.disputes and not payment.cases.filter(kind=CaseKind.DISPUTED).exists():
        open_case(kind=CaseKind.DISPUTED, payment=payment, summary=f"{payment}: the customer's bank wants it back.")


def take_money(payment: Payment, captured: Money) -> Unwanted | None:
    """Judge money that has come; says why it must go back, if it must. The caller holds the payment's lock."""
    if captured != payment.money:
        _set_aside(payment, captured)
        return None
    payment.update(
        status=PaymentStatus.SUCCEEDED,
        captured_amount=captured.amount,
        succeeded_at=database_now(),
        failure_code="",
        failure_message="",
    )
    return _pay_order(payment)


def _pay_order(payment: Payment) -> Unwanted | None:
    try:
        order_services.confirm_order(order_id=payment.order_id)
    except OutOfStock:
        return Unwanted.UNITS_GONE
    except CartAlreadyOrdered:
        return Unwanted.ORDERED_AGAIN
    except OrderTransitionNotAllowed as refusal:
        is_cancelled = refusal.extra["status_now"] == OrderStatus.CANCELLED
        return Unwanted.ORDER_CANCELLED if is_cancelled else Unwanted.ALREADY_PAID
    payment.update(pays_order=True)
    return None


def send_back(payment: Payment, unwanted: Unwanted) -> None:
    """Queue what is left of the money for its way back, and tell the customer."""
    if unwanted == Unwanted.UNITS_GONE:
        summary = f"{payment} was paid after its units had gone; {payment.captured} go back."
        open_case(kind=CaseKind.UNITS_GONE, payment=payment, summary=summary)
    refunds.queue_rest(payment, reason=unwanted)
    outbox.publish(PaymentReturned(order_id=payment.order_id, payment_id=payment.pk, reason=unwanted))


def _set_aside(payment: Payment, captured: Money) -> None:
    is_countable = captured.currency == payment.currency
    payment.update(
        status=PaymentStatus.NEEDS_REVIEW, captured_amount=captured.amount if is_countable else payment.captured_amount
    )
    summary = f"{payment}: {captured} came where {payment.money} were asked."
    open_case(kind=CaseKind.WRONG_AMOUNT, payment=payment, summary=summary)


def _compare(payment: Payment, captured: Money) -> None:
    """What was taken must stay what was judged; a difference is put before staff, once."""
    if captured != payment.captured and not payment.cases.filter(kind=CaseKind.WRONG_AMOUNT).exists():
        summary = f"{payment}: the provider now says {captured}, our books say {payment.captured}."
        open_case(kind=CaseKind.WRONG_AMOUNT, payment=payment, summary=summary)


def _follow(payment: Payment, truth: ProviderPayment) -> None:
    """No money yet: keep step with the provider, forwards only."""
    status = PaymentStatus(truth.status)
    if payment.status == PaymentStatus.CANCELLED and truth.status in {ProviderStatus.PENDING, ProviderStatus.FAILED}:
        outbox.publish(PaymentCancelled(payment_id=payment.pk))  # the attempt was given up while it began
    if not payment.can_become(status):
        return
    if status == PaymentStatus.FAILED:
        fail(payment, code=truth.failure_code, message=truth.failure_message)
        return
    payment.update(status=status)
    if status == PaymentStatus.CANCELLED:
        return
    order_services.mark_payment_begun(order_id=payment.order_id)
    if status == PaymentStatus.PROCESSING:
        order_services.stop_clock(order_id=payment.order_id)


def fail(payment: Payment, *, code: str, message: str) -> None:
    """The try failed and the order stays payable; if its clock stood still, it gets a new window. Holds the lock."""
    stood_still = payment.status == PaymentStatus.PROCESSING
    payment.update(status=PaymentStatus.FAILED, failure_code=code[:80], failure_message=message[:300])
    if stood_still:
        window = get_provider(payment.provider).window
        due_at = None if window is None else database_now() + window
        order_services.restart_clock(order_id=payment.order_id, due_at=due_at)
    outbox.publish(PaymentFailed(order_id=payment.order_id, payment_id=payment.pk, failure_code=payment.failure_code))
