"""A cart as it stands now: today's prices, what is left, and what has changed since the shopper looked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import F

from apps.accounts.models import User
from apps.cart.models import Cart, CartItem, CartStatus
from apps.catalog.documents import Image
from apps.catalog.models import Product, ProductVariant
from apps.common.money import Money
from apps.inventory import selectors as inventory_selectors

_SHOWN = [
    "public_id",
    "quantity",
    "seen_price_amount",
    *(f"variant__{name}" for name in "public_id sku options price_amount currency is_active".split()),
    *(f"variant__product__{name}" for name in "public_id slug name status deleted_at store_id".split()),
    "variant__product__product_type__tax_class",
]


@dataclass(frozen=True, slots=True)
class CartChange:
    """Something that is not as the shopper saw it; `was` and `now` are prices or numbers of units."""

    item_id: UUID
    code: str
    was: Money | int
    now: Money | int


@dataclass(frozen=True, slots=True)
class CartLine:
    """One item with today's price; `available` counts units that this shopper could still buy, over all locations."""

    item_id: UUID
    variant: ProductVariant
    quantity: int
    seen_price: Money
    available: int
    image: Image | None = None

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
        """On sale, and in the cart's currency."""
        on_sale = self.variant.is_active and self.product.is_visible
        return on_sale and self.variant.currency == self.seen_price.currency

    @property
    def changes(self) -> list[CartChange]:
        """What to tell the shopper: `unavailable`, or `price_changed` and `stock_changed`."""
        if not self.is_sold:
            return [CartChange(self.item_id, "unavailable", self.quantity, 0)]
        found = []
        if self.unit_price != self.seen_price:
            found.append(CartChange(self.item_id, "price_changed", self.seen_price, self.unit_price))
        if self.available < self.quantity:
            found.append(CartChange(self.item_id, "stock_changed", self.quantity, self.available))
        return found


def hash_token(token: str) -> str:
    """All that we keep of a guest's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_cart(*, user: User | AnonymousUser, token: str = "") -> Cart | None:
    """The active cart of a signed-in person, else of a guest's token; None when there is none yet."""
    active = Cart.objects.filter(status=CartStatus.ACTIVE)
    if user.is_authenticated:
        return active.filter(user=user).first()
    return active.filter(token_hash=hash_token(token), user=None).first() if token else None


def priced_lines(cart: Cart, *, with_stock: bool = True) -> list[CartLine]:
    """The cart's lines in the order they were put in; two queries however many there are.

    Without stock it is one, for whoever holds the units anyway: `available` is then simply what is wanted.

    Variants and products come with the columns of `_SHOWN`; to read another one costs a query per line, so add it.
    """
    items = CartItem.objects.filter(cart=cart).select_related("variant__product__product_type").only(*_SHOWN)
    items = items.annotate(image=F("variant__product__document__card__image")).order_by("pk")
    free = inventory_selectors.available_by_variant([i.variant_id for i in items]) if items and with_stock else {}
    return [
        CartLine(
            item_id=item.public_id,
            variant=item.variant,
            quantity=item.quantity,
            seen_price=Money(item.seen_price_amount, cart.currency),
            available=max(free.get(item.variant_id, item.quantity), 0),
            image=item.image,
        )
        for item in items
    ]


def subtotal(lines: Iterable[CartLine], currency: str) -> Money:
    """The sum of what can be bought; lines that are no longer sold are shown but not counted."""
    return sum((line.total for line in lines if line.is_sold), Money.zero(currency))
