"""What becomes of an attempt when its provider, or staff, say what is true: table D4 of the design, in one place.

| the order is                              | genuine money for it                                     |
| ----------------------------------------- | -------------------------------------------------------- |
| awaiting payment                          | pays it, or its part of it; what is too much goes back   |
| expired, units there, and it pays all     | pays it, late                                            |
| expired, and it is only a part            | goes back whole                                          |
| expired, units gone                       | goes back whole; a case for staff                        |
| expired, its cart ordered again           | goes back whole                                          |
| cancelled, or paid by other payments      | goes back whole                                          |
| any, but the amount or currency is wrong  | is set aside with a case for staff; nothing is paid      |

Whatever becomes of it is written into the books (ledger.py) in the same transaction.

Refunds that the provider made before are booked first, so that the order in which news arrives changes nothing.
"""

from __future__ import annotations

import logging
from enum import StrEnum

from django.db import transaction

from apps.common.clock import database_now
from apps.common.money import Money
from apps.common.transactions import retry_collisions
from apps.inventory.exceptions import OutOfStock
from apps.orders import selectors as order_selectors
from apps.orders import services as order_services
from apps.orders.exceptions import CartAlreadyOrdered, OrderHasExpired, OrderTransitionNotAllowed
from apps.orders.models import OrderStatus
from apps.outbox import services as outbox
from apps.payments.events import PaymentCancelled, PaymentFailed, PaymentReturned, PaymentSucceeded
from apps.payments.models import CaseKind, Payment, PaymentStatus
from apps.payments.providers import ProviderPayment, ProviderStatus, is_paid_on_delivery, window_of
from apps.payments.services import disputes, ledger, refunds
from apps.payments.services.cases import open_case

log = logging.getLogger(__name__)


class Unwanted(StrEnum):
    """Why an order could not take its money."""

    UNITS_GONE = "units_gone"
    ORDER_EXPIRED = "order_expired"
    ORDERED_AGAIN = "ordered_again"
    ORDER_CANCELLED = "order_cancelled"
    ALREADY_PAID = "already_paid"


@retry_collisions
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
        _take_note(payment, known, truth)
        judge = _settle if has_money else _follow
        judge(payment, truth)
    return payment


def _take_note(payment: Payment, provider_reference: str, truth: ProviderPayment) -> None:
    notes = {
        "provider_reference": provider_reference,
        "provider_answer": dict(truth.answer),
        "capture_reference": truth.capture_reference or payment.capture_reference,
        "page_url": str(truth.next_action.details.get("url", "")) or payment.page_url,
    }
    changes = {name: value for name, value in notes.items() if value != getattr(payment, name)}
    if changes:
        payment.update(**changes)


def _settle(payment: Payment, truth: ProviderPayment) -> None:
    unwanted = None
    if payment.is_judged:
        _compare(payment, truth.captured)
    else:
        unwanted = take_money(payment, truth.captured)
    _book_fee(payment, truth.fee)
    refunds.sync_refunds(payment, truth.refunds)
    if unwanted:
        send_back(payment, unwanted)
    disputes.sync_disputes(payment, truth.disputes)


def _book_fee(payment: Payment, fee: Money | None) -> None:
    if fee is not None and payment.fee_amount is None and fee.currency == payment.currency:
        payment.update(fee_amount=fee.amount)
        ledger.book_fee(payment, fee)


def take_money(payment: Payment, captured: Money, *, is_accepted: bool = False) -> Unwanted | None:
    """Judge money that has come; says why it must go back, if it must. The caller holds the payment's lock.

    Another amount than was asked is set aside, unless staff have accepted it: then it counts for what it is worth.
    """
    is_countable = captured.currency == payment.currency and captured.amount > 0
    stood_still = payment.status == PaymentStatus.PROCESSING
    if captured != payment.money and not (is_accepted and is_countable):
        _set_aside(payment, captured)
        unwanted = None
    else:
        unwanted = _count(payment, captured)
    if stood_still:
        restart_clock_of(payment)
    return unwanted


def _count(payment: Payment, captured: Money) -> Unwanted | None:
    if payment.status == PaymentStatus.NEEDS_REVIEW:
        ledger.book_suspense_end(payment)
    payment.update(
        status=PaymentStatus.SUCCEEDED,
        captured_amount=captured.amount,
        succeeded_at=database_now(),
        failure_code="",
        failure_message="",
    )
    worth = payment.part if captured == payment.money else _share(payment.part, captured, payment.money)
    ledger.book_capture(payment, worth)
    return _pay_order(payment, worth)


def _share(whole: Money, part: Money, of: Money) -> Money:
    """whole × part / of, rounded half up once."""
    return Money(whole.amount * part.amount / of.amount, whole.currency).rounded()


def _pay_order(payment: Payment, worth: Money) -> Unwanted | None:
    window = window_of(payment.provider)
    try:
        receipt = order_services.receive_payment(order_id=payment.order_id, amount=worth, window=window)
    except OutOfStock:
        return Unwanted.UNITS_GONE
    except CartAlreadyOrdered:
        return Unwanted.ORDERED_AGAIN
    except OrderHasExpired:
        return Unwanted.ORDER_EXPIRED
    except OrderTransitionNotAllowed as refusal:
        is_cancelled = refusal.extra["status_now"] == OrderStatus.CANCELLED
        return Unwanted.ORDER_CANCELLED if is_cancelled else Unwanted.ALREADY_PAID
    payment.update(counted_amount=receipt.counted.amount)
    outbox.publish(PaymentSucceeded(order_id=payment.order_id, payment_id=payment.pk, is_all=receipt.is_paid))
    if receipt.is_paid:
        ledger.book_sale(order_selectors.get_order(order_id=payment.order_id), payment)
    if receipt.counted < worth:
        excess = payment.captured - _share(payment.captured, receipt.counted, worth)
        refunds.queue_excess(payment, excess, reason="More than the order still needed")
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
    ledger.book_suspense(payment, captured)
    summary = f"{payment}: {captured} came where {payment.money} were asked."
    open_case(kind=CaseKind.WRONG_AMOUNT, payment=payment, summary=summary)


def _compare(payment: Payment, captured: Money) -> None:
    """What was taken must stay what was judged; a difference is put before staff, once."""
    if captured != payment.captured and not payment.cases.filter(kind=CaseKind.WRONG_AMOUNT).exists():
        summary = f"{payment}: the provider now says {captured}, our books say {payment.captured}."
        open_case(kind=CaseKind.WRONG_AMOUNT, payment=payment, summary=summary)


def _follow(payment: Payment, truth: ProviderPayment) -> None:
    """No money yet: keep step with the provider, forwards only."""
    is_agreed = truth.status == ProviderStatus.AUTHORISED  # and nobody has captured it yet
    status = PaymentStatus.PENDING if is_agreed else PaymentStatus(truth.status)
    if payment.status == PaymentStatus.CANCELLED and truth.status in {ProviderStatus.PENDING, ProviderStatus.FAILED}:
        outbox.publish(PaymentCancelled(payment_id=payment.pk))  # the attempt was given up while it began
    if not payment.can_become(status):
        return
    if status == PaymentStatus.FAILED:
        fail(payment, code=truth.failure_code, message=truth.failure_message)
        return
    stood_still = payment.status == PaymentStatus.PROCESSING
    if status == PaymentStatus.CANCELLED:
        payment.update(status=status, failure_code=truth.failure_code[:80] or payment.failure_code)
        if stood_still:
            restart_clock_of(payment)
        return
    payment.update(status=status)
    if is_paid_on_delivery(payment.provider):
        _accept_unpaid(payment)
        return
    order_services.mark_payment_begun(order_id=payment.order_id)
    if status == PaymentStatus.PROCESSING:
        order_services.stop_clock(order_id=payment.order_id)


def _accept_unpaid(payment: Payment) -> None:
    """The money comes with the delivery: the order is confirmed, and its price is owed from now on."""
    if order_services.accept_unpaid(order_id=payment.order_id):
        ledger.book_sale(order_selectors.get_order(order_id=payment.order_id), payment)


def fail(payment: Payment, *, code: str, message: str) -> None:
    """The try failed and the order stays payable; if its clock stood still, it gets a new window. Holds the lock."""
    stood_still = payment.status == PaymentStatus.PROCESSING
    payment.update(status=PaymentStatus.FAILED, failure_code=code[:80], failure_message=message[:300])
    if stood_still:
        restart_clock_of(payment)
    outbox.publish(PaymentFailed(order_id=payment.order_id, payment_id=payment.pk, failure_code=payment.failure_code))


def restart_clock_of(payment: Payment) -> None:
    """The order's clock stood still for this payment, which is decided: there is a whole window again for the rest.

    Unless another payment is still being worked on; nothing happens to an order that does not wait any more.
    """
    if Payment.objects.filter(order=payment.order_id, status=PaymentStatus.PROCESSING).exists():
        return
    window = window_of(payment.provider)
    due_at = None if window is None else database_now() + window
    order_services.restart_clock(order_id=payment.order_id, due_at=due_at)
