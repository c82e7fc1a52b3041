"""Money on its way back: decided under the payment's lock, sent by the outbox, watched until it has arrived.

`refunded_amount` counts everything that is queued, under way or back; what fails is taken off again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Now

from apps.common import idempotency
from apps.common.models import IdempotencyRecord
from apps.common.money import Money, exponent
from apps.common.transactions import retry_collisions
from apps.orders import selectors as order_selectors
from apps.orders import services as order_services
from apps.outbox import services as outbox
from apps.payments.events import RefundFailed, RefundRequested, RefundSucceeded
from apps.payments.exceptions import ProviderRejected, RefundRefused
from apps.payments.models import CaseKind, DisputeStatus, OrderRefund, Payment, Refund, RefundStatus
from apps.payments.providers import OnlineProvider, ProviderRefund, ProviderStatus, get_online_provider
from apps.payments.services import ledger
from apps.payments.services.cases import open_case
from apps.payments.services.leases import sending_a_refund

log = logging.getLogger(__name__)

SHOP, PROVIDER = "shop", "provider"  # actors beside "staff:<id>"

_STATUS = {
    ProviderStatus.PENDING: RefundStatus.PENDING,
    ProviderStatus.PROCESSING: RefundStatus.PENDING,
    ProviderStatus.SUCCEEDED: RefundStatus.SUCCEEDED,
    ProviderStatus.FAILED: RefundStatus.FAILED,
    ProviderStatus.CANCELLED: RefundStatus.FAILED,
}


@retry_collisions
@transaction.atomic
def request_refund(
    *, payment_id: int, amount: Money | None, reason: str, actor: str, record: IdempotencyRecord | None = None
) -> Refund:
    """Decide to give money back, all that is left unless an amount is said; the provider is called after commit.

    Raises:
        RefundRefused: more than was taken and not yet given back, or another currency, or nothing was taken.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    amount = payment.refundable if amount is None else amount
    if amount.currency != payment.currency or amount != amount.rounded() or amount.amount <= 0:
        raise RefundRefused(f"{amount.amount} {amount.currency} is not an amount that {payment} can give back.")
    if payment.refundable < amount:
        raise RefundRefused(f"Of {payment} at most {payment.refundable} can be given back.")
    if payment.counted_amount and order_selectors.get_order(order_id=payment.order_id).is_awaiting_payment:
        raise RefundRefused("The order still waits for the rest of its money; cancel it to give its parts back.")
    refund = _queue(payment, amount, reason=reason, actor=actor)
    idempotency.remember_resource(record, f"refund:{refund.pk}")
    return refund


def queue_rest(payment: Payment, *, reason: str) -> None:
    """Give back all that is left, if anything is; the caller holds the payment's lock."""
    if payment.refundable.amount > 0:
        _queue(payment, payment.refundable, reason=reason, actor=SHOP)


def queue_excess(payment: Payment, amount: Money, *, reason: str) -> None:
    """Give back what the order had no use for; the caller holds the payment's lock."""
    if amount.amount > 0:
        _queue(payment, amount, reason=reason, actor=SHOP, is_excess=True)


def queue_share(payment: Payment, worth: Money, decision: OrderRefund) -> Refund:
    """Give back what makes up this much of the order's price; the caller holds the payment's lock.

    Raises:
        RefundRefused: the payment's currency has no coin as small as that.
    """
    amount = _amount_worth(payment, worth)
    refund = _add(payment, amount, reason=decision.reason, actor=decision.actor, decision=decision, worth=worth)
    outbox.publish(RefundRequested(refund_id=refund.pk))
    return refund


@transaction.atomic
def refund_order(*, order_id: int, reason: str) -> None:
    """The order is cancelled: give back whatever came for it. Twice is once, for then nothing is left."""
    for payment in lock_counting(order_id):
        _stop_counting(payment)
        queue_rest(payment, reason=reason)
    order = order_selectors.get_order(order_id=order_id)
    if order.balance.amount > 0:
        ledger.book_unsold(order)


@transaction.atomic
def refund_parts(*, order_id: int, reason: str) -> None:
    """The order expired before all of its price had come: the parts go back, unless it lives again."""
    for payment in lock_counting(order_id):
        if _stop_counting(payment):
            queue_rest(payment, reason=reason)


def lock_counting(order_id: int) -> QuerySet[Payment]:
    """The payments whose money counts for the order, locked in the order in which everybody locks them."""
    return Payment.objects.select_for_update().filter(order_id=order_id, counted_amount__gt=0).order_by("pk")


def _stop_counting(payment: Payment) -> bool:
    """A part of a price that was never paid whole pays nothing; False if the order was paid, or lives."""
    kept = _taken_back(payment)
    part = Money(payment.counted_amount - kept, payment.order_currency)
    is_off = order_services.return_parts(order_id=payment.order_id, amount=part)
    if is_off:
        payment.update(counted_amount=kept)
    return is_off


def _queue(payment: Payment, amount: Money, *, reason: str, actor: str, is_excess: bool = False) -> Refund:
    refund = _add(payment, amount, reason=reason, actor=actor, is_excess=is_excess)
    outbox.publish(RefundRequested(refund_id=refund.pk))
    return refund


def _add(
    payment: Payment,
    amount: Money,
    *,
    reason: str,
    actor: str,
    is_excess: bool = False,
    decision: OrderRefund | None = None,
    worth: Money | None = None,
) -> Refund:
    is_excess = is_excess or not left_of(payment).amount or _uncount(payment, amount)
    takes_back = Decimal(0) if is_excess else _worth(payment, amount)
    refund = Refund(
        payment=payment,
        order_refund=decision,
        amount=amount.amount,
        currency=amount.currency,
        order_amount=worth.amount if worth else takes_back,
        is_excess=is_excess,
        reason=reason[:200],
        actor=actor,
    )
    refund.save(force_insert=True)
    payment.update(refunded_amount=payment.refunded_amount + amount.amount)
    return refund


def left_of(payment: Payment) -> Money:
    """What of the money that counted nobody has decided to give back, in the order's currency."""
    return Money(payment.counted_amount - _taken_back(payment), payment.order_currency)


def _uncount(payment: Payment, amount: Money) -> bool:
    """What goes back of a part, before the rest has come, pays nothing any more; False if the order was paid whole."""
    worth = Money(_worth(payment, amount), payment.order_currency)
    is_part = order_services.return_part(order_id=payment.order_id, amount=worth)
    if is_part:
        payment.update(counted_amount=payment.counted_amount - worth.amount)
    return is_part


def _worth(payment: Payment, amount: Money) -> Decimal:
    """What it takes back of the counted money: rounded on the sum so far, so that the last one takes the rest."""
    counting, whole = _given_back(payment)
    share = (counting + amount.amount) / whole
    so_far = Money(payment.counted_amount * share, payment.order_currency).rounded()
    return max(so_far.amount - _taken_back(payment), Decimal(0))


def _amount_worth(payment: Payment, worth: Money) -> Money:
    """The other way round: what of the payment's own money makes up this much of the order's price.

    Rounded on the sum so far as well. Only what takes back the last of the price takes the last of the money.
    """
    counting, whole = _given_back(payment)
    left = Money(whole - counting, payment.currency)
    if worth == left_of(payment):
        return left
    share = (_taken_back(payment) + worth.amount) / payment.counted_amount
    so_far = Money(whole * share, payment.currency).rounded()
    coin = Decimal(1).scaleb(-exponent(payment.currency))
    amount = Money(min(max(so_far.amount - counting, coin), left.amount - coin), payment.currency)
    if amount.amount <= 0:
        raise RefundRefused(f"{worth} cannot be given back of {payment}: {left} are left, in coins of {coin}.")
    return amount


def _given_back(payment: Payment) -> tuple[Decimal, Decimal]:
    """In the payment's currency: what goes back of the money that counts, and how much of that there was."""
    live = _live(payment)
    counting = live.filter(is_excess=False).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    wasted = live.filter(is_excess=True).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    return counting, payment.captured_amount - wasted


def _taken_back(payment: Payment) -> Decimal:
    return _live(payment).aggregate(sum=Sum("order_amount"))["sum"] or Decimal(0)


def _live(payment: Payment) -> QuerySet[Refund]:
    return Refund.objects.filter(payment=payment).exclude(status=RefundStatus.FAILED)


def execute_refund(*, refund_id: int) -> None:
    """Send a queued refund under its own key, after looking whether an earlier try had arrived; twice is once.

    One worker at a time sends those of a payment. Call outside a transaction.

    Raises:
        ProviderUnavailable: try again; the same key makes that safe.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.status != RefundStatus.QUEUED:
        return
    online = get_online_provider(refund.payment.provider)
    if online is None:
        _ask_staff_to_send(refund_id)
        return
    with sending_a_refund(refund.payment):
        refund.refresh_from_db(fields=["status"])
        if refund.status != RefundStatus.QUEUED:
            return
        if _is_disputed(refund):
            _reject(refund.pk, "the customer's bank has the money, or wants it, and would give it back as well")
        else:
            _send_and_book(online, refund)


def _is_disputed(refund: Refund) -> bool:
    """Whether it would give back what a bank has taken: not every provider refuses that, and the money is gone twice.

    A dispute that is won makes the money ours again; then staff, who have a case, may refund anew.
    """
    taken = refund.payment.disputes.exclude(status=DisputeStatus.WON).filter(currency=refund.currency)
    disputed = taken.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    return disputed > 0 and refund.payment.refundable.amount < disputed


def _send_and_book(online: OnlineProvider, refund: Refund) -> None:
    try:
        answer = _send(online, refund)
    except ProviderRejected as refusal:
        log.error("%s was refused: %s", refund, refusal)
        _reject(refund.pk, str(refusal))
    else:
        _book(refund.pk, answer)


def _send(online: OnlineProvider, refund: Refund) -> ProviderRefund:
    name, key = refund.payment.provider_reference, str(refund.public_id)
    arrived = (one for one in online.list_refunds(name) if one.key == key)
    return next(arrived, None) or online.refund(name, amount=refund.money, key=key)


@retry_collisions
@transaction.atomic
def _book(refund_id: int, answer: ProviderRefund) -> None:
    payment = Payment.objects.select_for_update().get(refunds=refund_id)
    _follow(payment, Refund.objects.get(pk=refund_id), answer)


@retry_collisions
@transaction.atomic
def _reject(refund_id: int, message: str) -> None:
    payment = Payment.objects.select_for_update().get(refunds=refund_id)
    refund = Refund.objects.get(pk=refund_id)
    if refund.status == RefundStatus.QUEUED:
        move_refund(payment, refund, RefundStatus.FAILED, message=message)


@transaction.atomic
def _ask_staff_to_send(refund_id: int) -> None:
    payment = Payment.objects.select_for_update().get(refunds=refund_id)
    refund = Refund.objects.get(pk=refund_id)
    if refund.status == RefundStatus.QUEUED:
        move_refund(payment, refund, RefundStatus.PENDING)
        open_case(kind=CaseKind.REFUND_BY_HAND, payment=payment, summary=f"Send {refund.money} back for {payment}.")


def sync_refunds(payment: Payment, known: Sequence[ProviderRefund]) -> None:
    """Bring our refunds to what the provider knows, and book those made in its panel; the caller holds the lock."""
    ours = list(payment.refunds.order_by("pk"))
    strangers = []
    for answer in known:
        refund = next((one for one in ours if _is_same(one, answer)), None)
        if refund is None:
            strangers.append(answer)
        else:
            _follow(payment, refund, answer)
    for answer in strangers:
        if _STATUS[answer.status] != RefundStatus.FAILED and answer.amount.currency == payment.currency:
            _book_stranger(payment, answer)


def _is_same(refund: Refund, answer: ProviderRefund) -> bool:
    if refund.provider_reference:
        return refund.provider_reference == answer.provider_reference
    return str(refund.public_id) == answer.key


def _follow(payment: Payment, refund: Refund, answer: ProviderRefund) -> None:
    """Forwards only, except that a bank may return what had succeeded; what failed there stays failed."""
    status = _STATUS[answer.status]
    is_final = refund.status == RefundStatus.FAILED and refund.provider_reference
    is_stale = refund.status == RefundStatus.SUCCEEDED and status == RefundStatus.PENDING
    if is_final or is_stale or refund.status == status:
        return
    if refund.status == RefundStatus.FAILED and _room_for(payment, answer) < refund.money:
        return  # what it would give back has gone another way since; staff have a case
    move_refund(payment, refund, status, answer.provider_reference, answer.failure_message)


def _book_stranger(payment: Payment, answer: ProviderRefund) -> None:
    amount = min(answer.amount, _room_for(payment, answer))
    if amount.amount > 0:
        refund = _add(payment, amount, reason="Refunded in the provider's panel", actor=PROVIDER)
        move_refund(payment, refund, _STATUS[answer.status], answer.provider_reference)


def _room_for(payment: Payment, answer: ProviderRefund) -> Money:
    """What can still be booked as given back; that the provider gave more than it took is for staff to see, once."""
    _make_room(payment, answer.amount)
    is_new = not payment.cases.filter(kind=CaseKind.WRONG_AMOUNT).exists()
    if payment.refundable < answer.amount and is_new:
        summary = f"{payment}: {answer.amount} were given back there, where {payment.refundable} were left."
        open_case(kind=CaseKind.WRONG_AMOUNT, payment=payment, summary=summary)
    return payment.refundable


def _make_room(payment: Payment, amount: Money) -> None:
    """Somebody gave back in the panel what we had only queued: ours would be refused there, so it ends here."""
    for refund in payment.refunds.filter(status=RefundStatus.QUEUED).order_by("-pk"):
        if payment.refundable < amount:
            move_refund(payment, refund, RefundStatus.FAILED, message="The provider has given the money back already")


def move_refund(
    payment: Payment, refund: Refund, status: RefundStatus, provider_reference: str = "", message: str = ""
) -> None:
    """Change a refund's status with everything that hangs on it; the caller holds the payment's lock."""
    was = refund.status
    was_failed, is_failed = was == RefundStatus.FAILED, status == RefundStatus.FAILED
    change = refund.amount * (int(was_failed) - int(is_failed))
    payment.update(refunded_amount=payment.refunded_amount + change)
    refund.status = status
    refund.provider_reference = provider_reference or refund.provider_reference
    refund.failure_message = message[:300]
    Refund.objects.filter(pk=refund.pk).update(
        status=refund.status,
        provider_reference=refund.provider_reference,
        failure_message=refund.failure_message,
        updated_at=Now(),
    )
    if is_failed:
        if was == RefundStatus.SUCCEEDED:
            ledger.book_refund_returned(payment, refund)
        _tell_of_failure(payment, refund)
    elif status == RefundStatus.SUCCEEDED:
        ledger.book_refund(payment, refund)
        _tell_order(payment)
        outbox.publish(RefundSucceeded(order_id=payment.order_id, payment_id=payment.pk, refund_id=refund.pk))


def _tell_of_failure(payment: Payment, refund: Refund) -> None:
    summary = f"{refund.money} of {payment} could not be given back: {refund.failure_message or 'no reason given'}."
    open_case(kind=CaseKind.REFUND_FAILED, payment=payment, summary=summary)
    outbox.publish(RefundFailed(order_id=payment.order_id, payment_id=payment.pk, refund_id=refund.pk))


def _tell_order(payment: Payment) -> None:
    """Book on the order what it does not know yet; a refund that makes up for one the bank returned adds nothing."""
    if not payment.counted_amount:
        return
    arrived = Refund.objects.filter(payment__order=payment.order_id, status=RefundStatus.SUCCEEDED)
    taken_back = arrived.aggregate(sum=Sum("order_amount"))["sum"] or Decimal(0)
    order = order_selectors.get_order(order_id=payment.order_id)
    unknown = Money(taken_back, order.currency) - order.refunded
    if unknown.amount > 0:
        order_services.record_refund(order_id=order.pk, amount=unknown)
