"""A cart as it stands now: today's prices, what is left, and what has changed since the shopper looked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import orjson
from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User
from apps.cart.models import Cart
from apps.catalog.documents import Image
from apps.catalog.models import in_words
from apps.catalog.selectors import ON_SALE_NOW, PRICE_NOW
from apps.common import sql
from apps.common.money import Money
from apps.inventory.selectors import free_units


@dataclass(frozen=True, slots=True)
class CartChange:
    """Something that is not as the shopper saw it; `was` and `now` are prices or numbers of units."""

    item_id: UUID
    code: str
    was: Money | int
    now: Money | int


@dataclass(frozen=True, slots=True)
class CartLine:
    """One item with today's price; `available` counts units that this shopper could still buy, over all locations.

    `is_sold`: on sale, and in the cart's currency. `tax_percent` is the country's, where one was named.
    """

    item_id: UUID
    quantity: int
    available: int
    is_sold: bool
    variant_id: int
    variant_public_id: UUID
    sku: str
    product_public_id: UUID
    slug: str
    name: str
    store_id: int
    tax_percent: Decimal
    options: dict[str, str]
    image: Image | None
    seen_price: Money
    unit_price: Money

    @property
    def title(self) -> str:
        return in_words(self.options)

    @property
    def total(self) -> Money:
        return self.unit_price.times(self.quantity)

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


Owner = tuple[int | None, str | None]


def owner(user: User | AnonymousUser, token: str) -> Owner:
    """Whose cart it is, as the table has it: a signed-in person's key, or else the hash of a guest's token."""
    if user.is_authenticated:
        return user.pk, None
    return None, hash_token(token) if token else None


OWNED = "(user_id = %s OR user_id IS NULL AND token_hash = %s)"  # SQL: the carts of an owner

_FIND = f"SELECT * FROM cart_cart WHERE status = 'active' AND {OWNED}"  # noqa: S608


def find_cart(*, user: User | AnonymousUser, token: str = "") -> Cart | None:
    """The active cart of a signed-in person, else of a guest's token; None when there is none yet."""
    return next(iter(sql.fetch_objects(Cart, _FIND, *owner(user, token))), None)


# The columns are the first fields of CartLine, then what its other fields are made of.
_LINES = f"""
SELECT item.public_id, item.quantity, {{available}},
    {ON_SALE_NOW} AND variant.currency = %s,
    variant.id, variant.public_id, variant.sku,
    product.public_id, product.slug, product.name, product.store_id, COALESCE(tax.percent, 0),
    variant.options::text, (document.card -> 'image')::text,
    item.seen_price_amount, {PRICE_NOW}, variant.currency
FROM cart_cartitem item
JOIN catalog_productvariant variant ON variant.id = item.variant_id
JOIN catalog_product product ON product.id = variant.product_id
JOIN catalog_producttype type ON type.id = product.product_type_id
LEFT JOIN shipping_taxrate tax ON tax.tax_class = type.tax_class AND tax.country = %s
LEFT JOIN catalog_productdocument document ON document.product_id = product.id
WHERE item.cart_id = %s ORDER BY item.id
"""  # noqa: S608  our own constants
_WITH_STOCK = _LINES.format(available=f"GREATEST({free_units('variant.id')}, 0)")
_WITHOUT_STOCK = _LINES.format(available="item.quantity")


def priced_lines(cart: Cart, *, country: str = "", with_stock: bool = True) -> list[CartLine]:
    """The cart's lines in the order they were put in, taxed as in a country; one query however many there are.

    Without stock, for whoever holds the units anyway, `available` is simply what is wanted.
    """
    rows = sql.fetch_all(_WITH_STOCK if with_stock else _WITHOUT_STOCK, cart.currency, country, cart.pk)
    return [_line(cart.currency, row) for row in rows]


def _line(cart_currency: str, row: sql.Row) -> CartLine:
    *columns, options, image, seen_amount, amount, currency = row
    columns += [orjson.loads(options), orjson.loads(image) if image else None]
    columns += [Money(seen_amount, cart_currency), Money(amount, currency)]
    return CartLine(*columns)


def subtotal(lines: Iterable[CartLine], currency: str) -> Money:
    """The sum of what can be bought; lines that are no longer sold are shown but not counted."""
    return sum((line.total for line in lines if line.is_sold), Money.zero(currency))
