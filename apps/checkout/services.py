"""A purchase from cart to first payment, and how it is undone.

| step of `place_order`                        | undone by                                                           |
| -------------------------------------------- | ------------------------------------------------------------------- |
| lock the cart, price it, compare the total   | the transaction: a refusal keeps nothing                            |
| freeze the order, hold its units             | `orders.expire_due_orders`, `orders.cancel_order`: the hold is free |
| save the first payment's intention           | expiry and cancellation announce; payments voids or refunds         |
| turn the cart into `converted`               | expiry announces; our handler brings the cart back                  |
| after commit: ask the provider to begin      | nothing is lost: the payment's reference is saved, reconciler asks  |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from apps.cart import selectors as cart_selectors
from apps.cart import services as cart_services
from apps.cart.models import Cart
from apps.cart.selectors import CartLine
from apps.checkout import quotes
from apps.checkout.exceptions import CartIsEmpty, ShippingMethodNotOffered, TotalChanged, VariantNotForSale
from apps.checkout.quotes import Quote
from apps.common import idempotency
from apps.common.clock import database_now
from apps.common.models import IdempotencyRecord
from apps.common.money import Money
from apps.inventory.exceptions import OutOfStock
from apps.orders import services as order_services
from apps.orders.drafts import OrderDraft
from apps.orders.models import Order
from apps.payments import services as payment_services
from apps.payments.models import Payment
from apps.shipping import selectors as shipping_selectors
from apps.shipping.models import ShippingMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What the buyer decided; addresses are checked for form, nothing else is believed."""

    customer_id: int | None
    email: str
    phone: str
    language: str
    shipping_address: dict[str, Any]
    billing_address: dict[str, Any]
    shipping_method: str
    provider: str
    note: str = ""
    expected_total: Money | None = None

    @property
    def country(self) -> str:
        return str(self.shipping_address["country"])


@dataclass(frozen=True, slots=True)
class Placed:
    """An order and the payment that it begins with."""

    order: Order
    payment: Payment


def preview(*, cart: Cart | None, country: str, shipping_method: str = "") -> tuple[Quote, list[ShippingMethod]]:
    """What the cart would cost now, and which methods go to that country; nothing is held or written.

    Raises:
        CartIsEmpty: there is nothing to price.
        ShippingMethodNotOffered: the named method does not go there.
    """
    lines = _sellable_lines(cart)
    methods = shipping_selectors.methods_to(country)
    method = _choose(methods, shipping_method) if shipping_method else None
    taxes = shipping_selectors.tax_percents(country)
    return quotes.calculate(lines, method, taxes, _currency(lines)), methods


def place_order(*, cart: Cart | None, purchase: Purchase, record: IdempotencyRecord | None = None) -> Placed:
    """Make an order of the cart, hold its units and save the first payment: all or nothing, in one transaction.

    `record`, the request's idempotency record, is tied to the order, so that a repetition after a crash finds it. The
    provider is not called here: the caller starts the payment after commit.

    Raises:
        CartIsEmpty, CartNotActive, VariantNotForSale, ShippingMethodNotOffered, TotalChanged, ProviderNotOffered.
        OutOfStock: also after orders whose window is over gave back what they held.
    """
    if cart is None:
        raise CartIsEmpty("The cart is empty; put something into it first.")
    try:
        return _place(cart, purchase, record)
    except OutOfStock as refusal:
        wanted = [shortage.variant_id for shortage in refusal.shortages]
        if not order_services.expire_due_orders(variant_ids=wanted):
            raise
        return _place(cart, purchase, record)


def find_placed(*, record: IdempotencyRecord) -> Placed | None:
    """What an earlier run of the same request had made before it died, with its first payment; else None."""
    kind, _, order_id = record.resource.partition(":")
    if kind != "order":
        return None
    order = Order.objects.get(pk=order_id)
    return Placed(order, order.payments.earliest("pk"))


@transaction.atomic(durable=True)
def _place(cart: Cart, purchase: Purchase, record: IdempotencyRecord | None) -> Placed:
    cart = cart_services.lock_active_cart(cart_id=cart.pk)
    quote = _quote(cart, purchase)
    order = order_services.place_order(draft=_draft(cart, purchase, quote))
    payment = payment_services.open_payment(order=order, provider=purchase.provider)
    cart_services.mark_converted(cart=cart)
    idempotency.remember_resource(record, f"order:{order.pk}")
    return Placed(order, payment)


def _quote(cart: Cart, purchase: Purchase) -> Quote:
    lines = _sellable_lines(cart)
    method = _choose(shipping_selectors.methods_to(purchase.country), purchase.shipping_method)
    quote = quotes.calculate(lines, method, shipping_selectors.tax_percents(purchase.country), _currency(lines))
    if purchase.expected_total is not None and purchase.expected_total != quote.total.rounded():
        raise TotalChanged(
            f"The total is {quote.total} now, not {purchase.expected_total}; show it to the customer and ask again.",
            total=quote.total.as_json(),
        )
    return quote


def _draft(cart: Cart, purchase: Purchase, quote: Quote) -> OrderDraft:
    window = payment_services.payment_window(purchase.provider)
    method = quote.method
    if method is None:
        raise ShippingMethodNotOffered("Choose how the order is sent.")
    return OrderDraft(
        cart_id=cart.public_id,
        customer_id=purchase.customer_id,
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
        payment_due_at=None if window is None else database_now() + window,
    )


def _sellable_lines(cart: Cart | None) -> Sequence[CartLine]:
    lines = [] if cart is None else cart_selectors.priced_lines(cart, with_stock=False)
    if not lines:
        raise CartIsEmpty("The cart is empty; put something into it first.")
    gone = [line.variant.sku for line in lines if not line.is_sold]
    if gone:
        raise VariantNotForSale(f"No longer sold: {', '.join(gone)}. Take it out of the cart.", skus=gone)
    return lines


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
