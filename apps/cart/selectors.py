"""A cart as it stands now: today's prices, what is left, and what has changed since the shopper looked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.cart.models import Cart, CartItem, CartStatus
from apps.catalog.models import Product, ProductVariant
from apps.common.money import Money
from apps.inventory import selectors as inventory_selectors


@dataclass(frozen=True, slots=True)
class CartLine:
    """One item with today's price; `available` counts units that this shopper could still buy, over all locations."""

    item_id: UUID
    variant: ProductVariant
    quantity: int
    seen_price: Money
    available: int

    @property
    def product(self) -> Product:
        return self.variant.product

    @property
    def unit_price(self) -> Money:
        return self.variant.price

    @property
    def total(self) -> Money:
        return self.unit_price.times(self.quantity)

    @property
    def is_sold(self) -> bool:
        return self.variant.is_active and self.product.is_visible

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What to tell the shopper: `price_changed`, `stock_changed`, `unavailable`, with what was and what is now."""
        if not self.is_sold:
            return [{"code": "unavailable", "was": self.quantity, "now": 0}]
        found: list[dict[str, Any]] = []
        if self.unit_price != self.seen_price:
            found.append({"code": "price_changed", "was": self.seen_price.as_json(), "now": self.unit_price.as_json()})
        if self.available < self.quantity:
            found.append({"code": "stock_changed", "was": self.quantity, "now": max(self.available, 0)})
        return found


def hash_token(token: str) -> str:
    """All that we keep of a guest's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_cart(*, user: Any, token: str = "") -> Cart | None:
    """The active cart of a signed-in person, else of a guest's token; None when there is none yet."""
    active = Cart.objects.filter(status=CartStatus.ACTIVE)
    if user.is_authenticated:
        return active.filter(user=user).first()
    return active.filter(token_hash=hash_token(token), user=None).first() if token else None


def priced_lines(cart: Cart) -> list[CartLine]:
    """The cart's lines in the order they were put in; two queries however many there are."""
    items = list(CartItem.objects.filter(cart=cart).select_related("variant__product__product_type").order_by("pk"))
    free = inventory_selectors.available_by_variant([item.variant_id for item in items]) if items else {}
    return [
        CartLine(
            item_id=item.public_id,
            variant=item.variant,
            quantity=item.quantity,
            seen_price=Money(item.seen_price_amount, item.variant.currency),
            available=free[item.variant_id],
        )
        for item in items
    ]
