"""Open an attempt to pay, in place of others that no longer fit, or give it up; nobody is called here."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from apps.common import sql
from apps.common.clock import database_now
from apps.common.money import Money
from apps.common.transactions import retry_collisions
from apps.fx_rates import services as fx_services
from apps.fx_rates.exceptions import CurrencyNotKept, QuoteExpired
from apps.fx_rates.models import ExchangeQuote
from apps.orders import selectors as order_selectors
from apps.orders import services as order_services
from apps.orders.models import Order, OrderStatus
from apps.outbox import services as outbox
from apps.payments.events import PaymentCancelled
from apps.payments.exceptions import (
    OrderNotPayable,
    PartTooLarge,
    PaymentInProgress,
    ProviderNotOffered,
)
from apps.payments.models import Payment, PaymentStatus, SavedMethod
from apps.payments.providers import (
    PAGO_MOVIL,
    begins_when_saved,
    get_provider,
    is_paid_on_delivery,
)
from apps.payments.services.methods import own_currency, require_fit, why_not_taken
from apps.payments.services.recipients import assign_recipient


def payment_window(provider: str) -> timedelta | None:
    """How long an order waits for money that comes this way; None: it is paid on delivery.

    Raises:
        ProviderNotOffered: there is no such way of paying.
    """
    return get_provider(provider).window


def asking_currency(provider: str, wanted: str) -> str:
    """The currency in which a way of paying would ask for an amount that is in `wanted`.

    Raises:
        ProviderNotOffered: there is no such way of paying.
    """
    return own_currency(get_provider(provider), wanted)


@retry_collisions
@transaction.atomic(savepoint=False)
def open_payment(
    *,
    order: Order,
    provider: str,
    part: Money | None = None,
    currency: str = "",
    quote: ExchangeQuote | None = None,
    saved_method: SavedMethod | None = None,
) -> Payment:
    """Save the intention to pay a part of the order's balance, or all of it; `start_payment` tells the provider.

    Where there is nobody to tell, the attempt begins at once, and with it the order's waiting for money.

    Where the money is to come in another currency, `quote` says what it makes; without one it is quoted now.

    Raises:
        ProviderNotOffered: there is no such way of paying, or it does not take this amount, currency or order.
        NoFitRate: there is no rate to quote by.
    """
    way = get_provider(provider)
    part = part or order.balance
    require_fit(way, country=str(order.shipping_address.get("country", "")), is_pickup=order.is_pickup)
    currency = currency or (quote.currency if quote else own_currency(way, part.currency))
    if currency != part.currency and quote is None:
        quote = _quote(provider, part, currency)
    asked = quote.after if quote else part
    if not way.takes(asked):
        raise ProviderNotOffered(f"{why_not_taken(way, asked)} Choose another way of paying.")
    is_begun = begins_when_saved(provider)
    if is_begun and order.status == OrderStatus.CREATED:
        order_services.mark_payment_begun(order_id=order.pk)
    payment = Payment(
        order=order,
        provider=provider,
        status=PaymentStatus.PENDING if is_begun else PaymentStatus.CREATED,
        reference=f"{order.number}-{secrets.token_hex(4)}",
        order_amount=part.amount,
        order_currency=part.currency,
        amount=asked.amount,
        currency=asked.currency,
        quote=quote,
        saved_method=saved_method,
    )
    sql.insert(payment)
    if provider == PAGO_MOVIL:
        assign_recipient(payment)
    return payment


def _quote(provider: str, part: Money, currency: str) -> ExchangeQuote:
    try:
        return fx_services.quote(money=part, currency=currency)
    except CurrencyNotKept as refusal:
        raise ProviderNotOffered(f"“{provider}” does not take {part}; choose another way of paying.") from refusal


def quote_order(*, order_id: int, currency: str, part: Money | None = None) -> ExchangeQuote:
    """Promise what is left to pay on an order, or a part of it, in another currency.

    Raises:
        OrderNotPayable, PartTooLarge, CurrencyNotKept, NoFitRate.
    """
    order = order_selectors.get_order(order_id=order_id)
    _require_payable(order)
    part = part or order.balance
    _require_part(order, part)
    if currency == order.currency:
        raise PartTooLarge(
            f"{order.number} is in {currency} already.", errors={"currency": ["This is the order's own currency."]}
        )
    return fx_services.quote(money=part, currency=currency)


def new_attempt(
    *,
    order_id: int,
    provider: str,
    part: Money | None = None,
    currency: str = "",
    quote_id: UUID | None = None,
    saved_method: SavedMethod | None = None,
) -> Payment:
    """Another attempt at what is still to be paid, all of it unless a `part` is said; the open one, if it is the same.

    Open attempts that no longer fit beside it into what is left are given up, and their providers told after commit. If
    the customer was quicker there, that money is judged like any other. Start what is returned.

    Raises:
        OrderNotPayable: the order is paid, over, or its window has ended.
        PartTooLarge: more than is left to pay, or in another currency than the order's.
        PaymentInProgress: the provider works on another attempt, which cannot be given up now.
        QuoteNotFound, QuoteExpired, CurrencyNotKept, NoFitRate, ProviderNotOffered.
    """
    order_services.expire_if_due(order_id=order_id)
    try:
        return _new_attempt(order_id, provider, part, currency, quote_id, saved_method)
    except QuoteExpired as refusal:
        raise fx_services.renewed(refusal) from refusal


@retry_collisions
@transaction.atomic
def _new_attempt(
    order_id: int,
    provider: str,
    part: Money | None,
    currency: str,
    quote_id: UUID | None,
    saved_method: SavedMethod | None,
) -> Payment:
    queue_up(order_id)
    reachable = list(Payment.objects.select_for_update().filter(order_id=order_id).reachable().order_by("pk"))
    order = order_selectors.get_order(order_id=order_id)
    _require_payable(order)
    part = part or order.balance
    _require_part(order, part)
    currency = currency or own_currency(get_provider(provider), order.currency)
    quote = None
    if quote_id is not None:
        quote = fx_services.redeem(public_id=quote_id, money=part, currency=currency)
    alike = (one for one in reachable if _has_same_method(one, saved_method))
    same = next((one for one in alike if _is_same(one, provider, part, currency, quote)), None)
    room = order.balance - part
    for payment in reachable:
        if payment is same:
            continue
        if payment.provider != provider and payment.part <= room:
            room -= payment.part
        else:
            _give_up(payment)
    return same or _open_another(order, provider, part, currency, quote, saved_method)


def _is_same(payment: Payment, provider: str, part: Money, currency: str, quote: ExchangeQuote | None) -> bool:
    """An open attempt that asks for just this; one by a quote that has ended asks for what nobody promises any more."""
    if (payment.provider, payment.part, payment.currency) != (provider, part, currency):
        return False
    if payment.quote is None:
        return True
    return payment.quote == quote if quote else payment.quote.expires_at > database_now()


def _has_same_method(payment: Payment, saved_method: SavedMethod | None) -> bool:
    """Whether it is paid with just this card, or with one that the customer brings. A refused card is tried anew."""
    is_refused = payment.saved_method_id is not None and payment.status == PaymentStatus.FAILED
    return payment.saved_method_id == (saved_method and saved_method.pk) and not is_refused


def _require_payable(order: Order) -> None:
    if order.status == OrderStatus.EXPIRED or not order.takes_money:
        raise OrderNotPayable(
            f"Order {order.number} is {order.status}; there is nothing to pay.", status_now=order.status
        )


def _require_part(order: Order, part: Money) -> None:
    if part.currency != order.currency or not 0 < part.amount <= order.balance.amount or part != part.rounded():
        raise PartTooLarge(
            f"{part} cannot be paid on {order.number}: {order.balance} are left.",
            errors={"amount": [f"Up to {order.balance} are left to pay."]},
        )


def queue_up(order_id: int) -> None:
    """One at a time for each order: rows that a rival is about to insert cannot be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"payments.new_attempt:{order_id}"])


def _open_another(
    order: Order,
    provider: str,
    part: Money,
    currency: str,
    quote: ExchangeQuote | None,
    saved_method: SavedMethod | None,
) -> Payment:
    payment = open_payment(
        order=order, provider=provider, part=part, currency=currency, quote=quote, saved_method=saved_method
    )
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


@retry_collisions
@transaction.atomic
def close_attempts(*, order_id: int) -> int:
    """The order needs no more money: give up what is open, and return how many; one being worked on is left alone."""
    closable = Payment.objects.filter(order_id=order_id).reachable().exclude(status=PaymentStatus.PROCESSING)
    payments = list(closable.select_for_update().order_by("pk"))
    order = order_selectors.get_order(order_id=order_id)
    is_still_owed = order.takes_money and not order.is_before_confirmation
    given_up = [one for one in payments if not (is_still_owed and is_paid_on_delivery(one.provider))]
    for payment in given_up:
        _give_up(payment)
    return len(given_up)
