"""Attempts to pay: begin one, ask what became of it, begin another, give one up."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from apps.orders import selectors as order_selectors
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.outbox import services as outbox
from apps.payments.events import PaymentCancelled
from apps.payments.exceptions import (
    OrderNotPayable,
    PaymentDeclined,
    PaymentInProgress,
    ProviderNotOffered,
    ProviderRejected,
    ProviderUnavailable,
)
from apps.payments.models import Payment, PaymentStatus
from apps.payments.providers import NextAction, ProviderPayment, get_online_provider, get_provider
from apps.payments.services.judging import apply_truth, fail

log = logging.getLogger(__name__)


def payment_window(provider: str) -> timedelta | None:
    """How long an order waits for money that comes this way.

    Raises:
        ProviderNotOffered: there is no such way of paying.
    """
    return get_provider(provider).window


def open_payment(*, order: Order, provider: str) -> Payment:
    """Save the intention to pay the order; the provider does not know of it before `start_payment`.

    Raises:
        ProviderNotOffered: there is no such way of paying, or it does not take this amount or currency.
    """
    if not get_provider(provider).takes(order.total):
        raise ProviderNotOffered(f"“{provider}” does not take {order.total}; choose another way of paying.")
    return Payment.objects.create(
        order=order,
        provider=provider,
        reference=f"{order.number}-{secrets.token_hex(4)}",
        amount=order.total_amount,
        currency=order.currency,
    )


def start_payment(*, payment_id: int, return_url: str = "") -> NextAction:
    """Make the attempt known to its provider and say what the customer does next; call outside a transaction.

    Repeating is safe and finds the same attempt. When the provider cannot be reached, or refuses, the next action is
    "none": the payment's status then says whether to repeat (`created`) or to try another way (`failed`).
    """
    payment = Payment.objects.select_related("order").filter(pk=payment_id).reachable().first()
    if payment is None:
        return NextAction()
    try:
        truth = _begin(payment, return_url)
    except ProviderUnavailable as error:
        log.warning("%s could not begin: %s", payment, error)
        return NextAction()
    except PaymentDeclined as refusal:
        _fail(payment_id, code=refusal.failure_code, message=refusal.message)
        return NextAction()
    except ProviderRejected as refusal:
        log.error("%s was refused: %s", payment, refusal)
        _fail(payment_id, code=refusal.reason, message=refusal.message)
        return NextAction()
    still = apply_truth(payment_id=payment_id, truth=truth)
    return NextAction() if still.status == PaymentStatus.CANCELLED else truth.next_action


def tell_next_action(*, payment_public_id: UUID) -> NextAction:
    """What the customer does next in an attempt that was started before, asked anew; call outside a transaction.

    It changes nothing. An attempt that is over has none.

    Raises:
        ProviderUnavailable: try again later.
    """
    payment = Payment.objects.select_related("order").filter(public_id=payment_public_id).reachable().first()
    return NextAction() if payment is None else _begin(payment, return_url="").next_action


def _begin(payment: Payment, return_url: str) -> ProviderPayment:
    online = get_online_provider(payment.provider)
    if online and payment.provider_reference:
        return online.fetch(payment.provider_reference)
    return get_provider(payment.provider).start(
        reference=payment.reference,
        amount=payment.money,
        email=payment.order.email,
        return_url=return_url,
        cancel_url=return_url,
    )


@transaction.atomic
def _fail(payment_id: int, *, code: str, message: str) -> None:
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if payment.can_become(PaymentStatus.FAILED):
        fail(payment, code=code, message=message)


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
    return apply_truth(payment_id=payment_id, truth=online.fetch(payment.provider_reference))


def new_attempt(*, order_id: int, provider: str) -> Payment:
    """Another attempt at an order that awaits payment; the one that is open already, if it goes the same way.

    An attempt that went another way is given up, and its provider told after commit. If the customer was quicker there,
    that money is judged like any other. Start what is returned.

    Raises:
        OrderNotPayable: the order is paid, over, or its window has ended.
        PaymentInProgress: the provider works on another attempt, which cannot be given up now.
        ProviderNotOffered.
    """
    order_services.expire_if_due(order_id=order_id)
    return _new_attempt(order_id, provider)


@transaction.atomic
def _new_attempt(order_id: int, provider: str) -> Payment:
    _queue_up(order_id)
    reachable = list(Payment.objects.select_for_update().filter(order_id=order_id).reachable().order_by("pk"))
    order = order_selectors.get_order(order_id=order_id)
    if not order.is_awaiting_payment:
        raise OrderNotPayable(
            f"Order {order.number} is {order.status}; there is nothing to pay.", status_now=order.status
        )
    same = next((payment for payment in reachable if payment.provider == provider), None)
    for payment in reachable:
        if payment is not same:
            _give_up(payment)
    return same or _open_another(order, provider)


def _queue_up(order_id: int) -> None:
    """One at a time for each order: rows that a rival is about to insert cannot be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"payments.new_attempt:{order_id}"])


def _open_another(order: Order, provider: str) -> Payment:
    payment = open_payment(order=order, provider=provider)
    window = get_provider(provider).window
    due_at = None if window is None else order.created_at + window
    if order.payment_due_at is not None and (due_at is None or due_at > order.payment_due_at):
        order_services.restart_clock(order_id=order.pk, due_at=due_at)
    return payment


def _give_up(payment: Payment) -> None:
    if payment.status == PaymentStatus.PROCESSING:
        raise PaymentInProgress("A payment of this order is being worked on; wait until it is decided.")
    payment.update(status=PaymentStatus.CANCELLED)
    outbox.publish(PaymentCancelled(payment_id=payment.pk))


@transaction.atomic
def close_attempts(*, order_id: int) -> int:
    """The order needs no more money: give up what is open, and return how many; one being worked on is left alone."""
    closable = Payment.objects.filter(order_id=order_id).reachable().exclude(status=PaymentStatus.PROCESSING)
    payments = list(closable.select_for_update().order_by("pk"))
    for payment in payments:
        _give_up(payment)
    return len(payments)


def void_payment(*, payment_id: int) -> None:
    """Tell the provider that an attempt is given up; if the customer was quicker, his money is judged (table D4).

    Call outside a transaction.
    """
    payment = Payment.objects.get(pk=payment_id)
    online = get_online_provider(payment.provider)
    if online is None or not payment.provider_reference or payment.status != PaymentStatus.CANCELLED:
        return
    apply_truth(payment_id=payment_id, truth=online.void(payment.provider_reference))
