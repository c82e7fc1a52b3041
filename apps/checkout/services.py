"""A purchase from cart to first payment, and how it is undone.

| step of `place_order`                        | undone by                                                           |
| -------------------------------------------- | ------------------------------------------------------------------- |
| turn the cart into `converted`               | the transaction; later expiry announces, and our handler reopens it |
| price it, compare the total                  | the transaction: a refusal keeps nothing                            |
| freeze the order, hold its units             | `orders.expire_due_orders`, `orders.cancel_order`: the hold is free |
| save the first payment's intention           | expiry and cancellation announce; payments voids or refunds         |
| after commit: ask the provider to begin      | nothing is lost: the payment's reference is saved, reconciler asks  |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from apps.accounts.models import User
from apps.cart import selectors as cart_selectors
from apps.cart import services as cart_services
from apps.cart.models import Cart
from apps.cart.selectors import CartLine
from apps.checkout import quotes
from apps.checkout.exceptions import CartIsEmpty, ShippingMethodNotOffered, TotalChanged, VariantNotForSale
from apps.checkout.quotes import Quote
from apps.common import idempotency
from apps.common.models import IdempotencyRecord
from apps.common.money import Money
from apps.common.transactions import retry_collisions
from apps.fx_rates import services as fx_services
from apps.fx_rates.exceptions import AmountTooSmall, NoFitRate, QuoteExpired
from apps.fx_rates.models import ExchangeQuote
from apps.inventory.exceptions import OutOfStock
from apps.orders import services as order_services
from apps.orders.drafts import OrderDraft
from apps.orders.models import Order, OrderLine
from apps.payments import services as payment_services
from apps.payments.models import Payment, SavedMethod
from apps.shipping import selectors as shipping_selectors
from apps.shipping.models import ShippingMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What the buyer decided; addresses are checked for form, nothing else is believed.

    The cart is the buyer's own, or the one that a guest's token opens.
    """

    buyer: User | AnonymousUser
    cart_token: str
    email: str
    phone: str
    language: str
    shipping_address: dict[str, Any]
    billing_address: dict[str, Any]
    shipping_method: str
    provider: str
    currency: str = ""
    quote_id: UUID | None = None
    saved_method: SavedMethod | None = None
    note: str = ""
    expected_total: Money | None = None

    @property
    def country(self) -> str:
        return str(self.shipping_address["country"])


@dataclass(frozen=True, slots=True)
class Placed:
    """An order with its lines, and the payment that it begins with."""

    order: Order
    lines: list[OrderLine]
    payment: Payment


@dataclass(frozen=True, slots=True)
class Preview:
    """What a cart would cost; `exchange` is a promise of the total in another currency, where one was asked for."""

    quote: Quote
    methods: list[ShippingMethod]
    exchange: ExchangeQuote | None


def preview(*, cart: Cart | None, country: str, shipping_method: str = "", currency: str = "") -> Preview:
    """What the cart would cost now, and which methods go to that country; nothing is held.

    Raises:
        CartIsEmpty: there is nothing to price.
        ShippingMethodNotOffered: the named method does not go there.
        CurrencyNotKept, NoFitRate: the total cannot be told in that currency.
    """
    lines = _sellable_lines(cart, country)
    methods = shipping_selectors.methods_to(country)
    method = _choose(methods, shipping_method) if shipping_method else None
    quote = quotes.calculate(lines, method, _currency(lines))
    is_foreign = currency not in {"", quote.total.currency} and quote.total.amount > 0
    exchange = fx_services.quote(money=quote.total, currency=currency) if is_foreign else None
    return Preview(quote, methods, exchange)


def place_order(*, purchase: Purchase, record: IdempotencyRecord | None = None) -> Placed:
    """Make an order of the buyer's cart, hold its units and save the first payment: all or nothing, in one transaction.

    `record`, the request's idempotency record, is tied to the order, so that a repetition after a crash finds it. The
    provider is not called here: the caller starts the payment after commit.

    Raises:
        CartIsEmpty, CartNotActive, VariantNotForSale, ShippingMethodNotOffered, TotalChanged, ProviderNotOffered.
        QuoteNotFound, QuoteExpired, CurrencyNotKept, NoFitRate: the total cannot be paid in that currency.
        OutOfStock: also after orders whose window is over gave back what they held.
    """
    try:
        return _place(purchase, record)
    except QuoteExpired as refusal:
        raise fx_services.renewed(refusal) from refusal
    except OutOfStock as refusal:
        wanted = [shortage.variant_id for shortage in refusal.shortages]
        if not order_services.expire_due_orders(variant_ids=wanted):
            raise
        return _place(purchase, record)


def find_placed(*, record: IdempotencyRecord) -> Placed | None:
    """What an earlier run of the same request had made before it died, with its first payment; else None."""
    kind, _, order_id = record.resource.partition(":")
    if kind != "order":
        return None
    order = Order.objects.get(pk=order_id)
    return Placed(order, list(order.lines.order_by("pk")), order.payments.earliest("pk"))


@retry_collisions
@transaction.atomic(durable=True)
def _place(purchase: Purchase, record: IdempotencyRecord | None) -> Placed:
    cart = cart_services.convert(user=purchase.buyer, token=purchase.cart_token)  # a refusal takes it back
    if cart is None:
        raise _nothing_to_buy()
    now = cart.updated_at  # the database's time, and the cart's row is ours from then on
    quote = _quote(cart, purchase)
    currency = purchase.currency or payment_services.asking_currency(purchase.provider, quote.total.currency)
    exchange = _exchange(quote.total, currency, purchase.quote_id, now)
    order, lines = order_services.place_order(draft=_draft(cart, purchase, quote, exchange, now))
    is_paid_by_it = exchange is not None and exchange.currency == currency
    payment = payment_services.open_payment(
        order=order,
        provider=purchase.provider,
        currency=currency,
        quote=exchange if is_paid_by_it else None,
        saved_method=purchase.saved_method,
    )
    idempotency.remember_resource(record, f"order:{order.pk}")
    return Placed(order, lines, payment)


def _quote(cart: Cart, purchase: Purchase) -> Quote:
    lines = _sellable_lines(cart, purchase.country)
    method = _choose(shipping_selectors.methods_to(purchase.country), purchase.shipping_method)
    quote = quotes.calculate(lines, method, _currency(lines))
    if purchase.expected_total is not None and purchase.expected_total != quote.total.rounded():
        raise TotalChanged(
            f"The total is {quote.total} now, not {purchase.expected_total}; show it to the customer and ask again.",
            total=quote.total.as_json(),
        )
    return quote


def _exchange(total: Money, currency: str, quote_id: UUID | None, now: datetime) -> ExchangeQuote | None:
    """The total in the currency that the customer pays in, or else in the shop's second one, frozen with the order.

    Where nobody pays by it, a missing rate is no reason to refuse an order: its total is then kept in one currency.
    """
    if currency != total.currency:
        if quote_id is not None:
            return fx_services.redeem(public_id=quote_id, money=total, currency=currency)
        return fx_services.quote(money=total, currency=currency, now=now)
    if settings.SECOND_CURRENCY in {"", total.currency} or total.amount == 0:
        return None
    try:
        return fx_services.quote(money=total, currency=settings.SECOND_CURRENCY, now=now)
    except (NoFitRate, AmountTooSmall):
        return None


def _draft(cart: Cart, purchase: Purchase, quote: Quote, exchange: ExchangeQuote | None, now: datetime) -> OrderDraft:
    window = payment_services.payment_window(purchase.provider)
    method = quote.method
    if method is None:
        raise ShippingMethodNotOffered("Choose how the order is sent.")
    return OrderDraft(
        cart_id=cart.public_id,
        customer_id=purchase.buyer.pk,
        email=purchase.email,
        phone=purchase.phone,
        language=purchase.language,
        lines=quote.lines,
        shipping=quote.shipping,
        shipping_method_code=method.code,
        shipping_method_name=method.name,
        shipping_address=purchase.shipping_address,
        billing_address=purchase.billing_address,
        note=purchase.note,
        payment_due_at=None if window is None else now + window,
        is_payment_begun=payment_services.begins_when_saved(purchase.provider),
        is_pickup=method.is_pickup,
        quote=exchange,
    )


def _sellable_lines(cart: Cart | None, country: str) -> Sequence[CartLine]:
    lines = [] if cart is None else cart_selectors.priced_lines(cart, country=country, with_stock=False)
    if not lines:
        raise _nothing_to_buy()
    gone = [line.sku for line in lines if not line.is_sold]
    if gone:
        raise VariantNotForSale(f"No longer sold: {', '.join(gone)}. Take it out of the cart.", skus=gone)
    return lines


def _nothing_to_buy() -> CartIsEmpty:
    return CartIsEmpty("The cart is empty; put something into it first.")


def _currency(lines: Sequence[CartLine]) -> str:
    return lines[0].unit_price.currency


def _choose(methods: Sequence[ShippingMethod], code: str) -> ShippingMethod:
    for method in methods:
        if method.code == code:
            return method
    offered = ", ".join(method.code for method in methods) or "none"
    raise ShippingMethodNotOffered(
        f"“{code}” does not go to that country; offered there: {offered}.",
        errors={"shipping_method": [f"Choose one of: {offered}."]},
    )
