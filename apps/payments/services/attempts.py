"""Attempts to pay: begin one, ask what became of it, begin another, give one up."""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace
from datetime import timedelta
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse

from apps.common import sql
from apps.common.clock import database_now
from apps.common.exceptions import DomainError
from apps.common.money import Money
from apps.fx_rates import services as fx_services
from apps.fx_rates.exceptions import CurrencyNotKept, QuoteExpired
from apps.fx_rates.models import ExchangeQuote
from apps.orders import selectors as order_selectors
from apps.orders import services as order_services
from apps.orders.models import Order, OrderStatus
from apps.outbox import services as outbox
from apps.payments import selectors
from apps.payments.events import PaymentCancelled
from apps.payments.exceptions import (
    OrderNotPayable,
    PartTooLarge,
    PaymentDeclined,
    PaymentInProgress,
    ProviderNotOffered,
    ProviderRejected,
    ProviderUnavailable,
)
from apps.payments.models import Payment, PaymentStatus, SavedMethod
from apps.payments.providers import (
    PAGE_LOST,
    PAGO_MOVIL,
    NextAction,
    OnlineProvider,
    ProviderPayment,
    ProviderStatus,
    begins_when_saved,
    get_keeper,
    get_online_provider,
    get_provider,
    is_paid_on_delivery,
)
from apps.payments.services.judging import apply_truth, fail
from apps.payments.services.methods import own_currency, require_fit, why_not_taken
from apps.payments.services.recipients import assign_recipient

log = logging.getLogger(__name__)


def payment_window(provider: str) -> timedelta | None:
    """How long an order waits for money that comes this way; None: it is paid on delivery.

    Raises:
        ProviderNotOffered: there is no such way of paying.
    """
    return get_provider(provider).window


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


def asking_currency(provider: str, wanted: str) -> str:
    """The currency in which a way of paying would ask for an amount that is in `wanted`.

    Raises:
        ProviderNotOffered: there is no such way of paying.
    """
    return own_currency(get_provider(provider), wanted)


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


def start_payment(*, payment_id: int, return_url: str = "") -> NextAction:
    """Make the attempt known to its provider and say what the customer does next; call outside a transaction.

    `return_url` is where the storefront wants its customer back from the provider's page (see `require_known_origin`).
    Repeating is safe and finds the same attempt. When the provider cannot be reached, or refuses, the next action is
    "none": the payment's status then says whether to repeat (`created`) or to try another way (`failed`).
    """
    payment = Payment.objects.select_related("order").filter(pk=payment_id).reachable().first()
    if payment is None:
        return NextAction()
    if return_url and return_url != payment.return_url:
        payment.update(return_url=return_url)
    try:
        truth = _begin(payment)
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
    return _next_action(still, truth)


def start_or_replace(*, payment_id: int, return_url: str = "") -> tuple[Payment, NextAction]:
    """`start_payment`, and where the provider's page was lost on its way, the same of another attempt, once.

    Answers the attempt that the customer goes on with. Nobody can have paid the one whose page nobody has seen.
    """
    next_action = start_payment(payment_id=payment_id, return_url=return_url)
    payment = selectors.get_payment(payment_id=payment_id)
    if (payment.status, payment.failure_code) != (PaymentStatus.CANCELLED, PAGE_LOST):
        return payment, next_action
    try:
        another = _ask_the_same(payment)
    except (DomainError, ProviderRejected) as refusal:
        log.warning("%s lost its page, and cannot be asked for again: %s", payment, refusal)
        return payment, next_action
    next_action = start_payment(payment_id=another.pk, return_url=return_url or payment.return_url)
    return selectors.get_payment(payment_id=another.pk), next_action


def _ask_the_same(payment: Payment) -> Payment:
    is_promised = payment.quote is not None and payment.quote.expires_at > database_now()
    return new_attempt(
        order_id=payment.order_id,
        provider=payment.provider,
        part=payment.part,
        currency=payment.currency,
        saved_method=payment.saved_method,
        quote_id=payment.quote.public_id if payment.quote and is_promised else None,
    )


def start_first_payment(*, payment: Payment, return_url: str = "") -> tuple[Payment, NextAction]:
    """`start_payment` for the one that an order was placed with just now; also says how payment and order are then.

    Where there is nobody to tell, they are as they were saved, and are not read again.
    """
    if payment.status == PaymentStatus.PENDING and begins_when_saved(payment.provider):
        if return_url:
            payment.update(return_url=return_url)
        return payment, _next_action(payment, _begin(payment))
    return start_or_replace(payment_id=payment.pk, return_url=return_url)


def tell_next_action(*, payment_public_id: UUID) -> NextAction:
    """What the customer does next in an attempt that was started before, asked anew; call outside a transaction.

    It changes nothing. An attempt that is over has none.

    Raises:
        ProviderUnavailable: try again later.
    """
    payment = Payment.objects.select_related("order").filter(public_id=payment_public_id).reachable().first()
    return NextAction() if payment is None else _next_action(payment, _begin(payment))


def _next_action(payment: Payment, truth: ProviderPayment) -> NextAction:
    """What the provider says, or the page where it had sent the customer before, if that is not told twice."""
    if payment.status == PaymentStatus.CANCELLED:
        return NextAction()
    is_waiting = truth.status in {ProviderStatus.PENDING, ProviderStatus.FAILED}
    if is_waiting and truth.next_action.type == "none" and payment.page_url:
        return NextAction("redirect", {"url": payment.page_url})
    return truth.next_action


def _begin(payment: Payment) -> ProviderPayment:
    online = get_online_provider(payment.provider) if payment.provider_reference else None
    if online is not None:
        return online.fetch(payment.provider_reference)
    if payment.saved_method is not None:
        return _charge(payment, payment.saved_method)
    return get_provider(payment.provider).start(
        reference=payment.reference,
        amount=payment.money,
        email=payment.order.email,
        return_url=_our_page(payment, "return"),
        cancel_url=_our_page(payment, "cancel"),
    )


def _charge(payment: Payment, method: SavedMethod) -> ProviderPayment:
    return get_keeper(payment.provider).charge_saved(
        reference=payment.reference,
        amount=payment.money,
        customer=method.customer.provider_reference,
        method=method.provider_reference,
    )


def _our_page(payment: Payment, name: str) -> str:
    """Where the provider sends the customer; it settles, and sends him on to the storefront."""
    return f"{settings.SITE_URL.rstrip('/')}{_path(name, payment.provider)}?payment={payment.public_id}"


@cache
def _path(name: str, provider: str) -> str:
    return reverse(f"payment-{name}", kwargs={"provider": provider})


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


def void_payment(*, payment_id: int) -> None:
    """Tell the provider that an attempt is given up; if the customer was quicker, his money is judged (table D4).

    Call outside a transaction.
    """
    payment = Payment.objects.get(pk=payment_id)
    online = get_online_provider(payment.provider)
    if online is None or not payment.provider_reference or payment.status != PaymentStatus.CANCELLED:
        return
    apply_truth(payment_id=payment_id, truth=online.void(payment.provider_reference))
