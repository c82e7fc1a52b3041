"""Put in, change, take out, merge; and for checkout: lock, convert, bring back.

An item is put in by one upsert, so that two tabs add up; the cart's version grows with every change.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.cart import selectors
from apps.cart.exceptions import CartItemNotFound, CartNotActive, QuantityOutOfRange, VariantNotFound
from apps.cart.models import Cart, CartItem, CartStatus
from apps.cart.selectors import CartLine
from apps.common.ids import new_id
from apps.inventory.exceptions import OutOfStock, Shortage

MAX_QUANTITY = 999


@dataclass(frozen=True, slots=True)
class FilledCart:
    """A cart with its lines after a change; `new_token` is told once, when a guest's cart is made, and never stored."""

    cart: Cart
    lines: list[CartLine]
    new_token: str = ""


@transaction.atomic
def add_item(*, user: Any, token: str = "", variant_public_id: UUID, quantity: int) -> FilledCart:
    """Put units into the caller's cart, on top of what is there; nothing is held. The first item makes the cart.

    Raises:
        VariantNotFound: nobody sells it.
        OutOfStock: fewer are left than the cart would then hold.
        QuantityOutOfRange: below 1 or above 999 in all.
    """
    cart, new_token = _open_cart(user, token)
    _put(cart, variant_public_id, quantity)
    lines = selectors.priced_lines(cart)
    _require_quantity(next(line for line in lines if line.variant.public_id == variant_public_id))
    return FilledCart(cart, lines, new_token)


def _open_cart(user: Any, token: str) -> tuple[Cart, str]:
    cart = selectors.find_cart(user=user, token=token)
    if cart is not None:
        return cart, ""
    if not user.is_authenticated:
        fresh = secrets.token_urlsafe(32)
        return Cart.objects.create(token_hash=selectors.hash_token(fresh)), fresh
    Cart.objects.bulk_create([Cart(user=user)], ignore_conflicts=True)  # another tab may be faster
    return Cart.objects.get(user=user, status=CartStatus.ACTIVE), ""


# One statement: the cart must be active and its version grows; the variant must be on sale; two tabs add up.
_PUT = """
WITH touched AS (
    UPDATE cart_cart SET version = version + 1, updated_at = statement_timestamp()
    WHERE id = %s AND status = 'active' RETURNING id, version),
sold AS (
    SELECT v.id, v.price_amount FROM catalog_productvariant v JOIN catalog_product p ON p.id = v.product_id
    WHERE v.public_id = %s AND v.is_active AND p.status = 'published' AND p.deleted_at IS NULL)
INSERT INTO cart_cartitem (public_id, cart_id, variant_id, quantity, seen_price_amount)
SELECT %s, touched.id, sold.id, %s, sold.price_amount FROM touched, sold
ON CONFLICT (cart_id, variant_id) DO UPDATE SET updated_at = statement_timestamp(),
    seen_price_amount = EXCLUDED.seen_price_amount, quantity = cart_cartitem.quantity + EXCLUDED.quantity
RETURNING (SELECT version FROM touched)
"""


def _put(cart: Cart, variant_public_id: UUID, quantity: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_PUT, [cart.pk, variant_public_id, new_id(), quantity])
        row = cursor.fetchone()
    if row is None:
        _require_active(cart)
        raise VariantNotFound("Nobody sells this variant; it may have been taken down.")
    cart.version = row[0]


@transaction.atomic
def change_quantity(*, cart: Cart, item_public_id: UUID, quantity: int) -> FilledCart:
    """Set how many units of an item the cart holds, and take today's price as seen; refuses as `add_item` does."""
    _touch(cart)
    item = _item(cart, item_public_id)
    item.quantity, item.seen_price_amount = quantity, item.variant.price_amount
    item.save(update_fields=["quantity", "seen_price_amount"])
    lines = selectors.priced_lines(cart)
    _require_quantity(next(line for line in lines if line.item_id == item_public_id))
    return FilledCart(cart, lines)


@transaction.atomic
def remove_item(*, cart: Cart, item_public_id: UUID) -> FilledCart:
    """Take one item out."""
    _touch(cart)
    _item(cart, item_public_id).delete()
    return FilledCart(cart, selectors.priced_lines(cart))


@transaction.atomic
def empty(*, cart: Cart) -> None:
    """Take everything out."""
    _touch(cart)
    CartItem.objects.filter(cart=cart).delete()


@transaction.atomic
def merge_guest_cart(*, user: Any, token: str) -> None:
    """Pour a guest's cart into the person's own at login: quantities add up, to what is left and no further.

    The guest's cart ends by one guarded UPDATE, so of two logins at once one pours and the other finds nothing.
    """
    guest = selectors.find_cart(user=_NOBODY, token=token)
    if guest is None or not _end(guest, CartStatus.MERGED):
        return
    _pour(guest, _open_cart(user, "")[0])


@transaction.atomic(savepoint=False)
def lock_active_cart(*, cart_id: int) -> Cart:
    """Lock the cart until the transaction ends; CartNotActive when it has become an order."""
    cart = Cart.objects.select_for_update().get(pk=cart_id)
    if cart.status != CartStatus.ACTIVE:
        raise CartNotActive("This cart has become an order already; look into your orders.")
    return cart


def mark_converted(*, cart: Cart) -> None:
    """The locked cart has become an order."""
    _end(cart, CartStatus.CONVERTED)


@transaction.atomic
def reopen(*, cart_public_id: UUID) -> None:
    """Bring a converted cart back because its order expired; into the newer cart, if there is one. Twice is once."""
    cart = Cart.objects.select_for_update().filter(public_id=cart_public_id, status=CartStatus.CONVERTED).first()
    if cart is None:
        return
    newer = Cart.objects.filter(user=cart.user_id, status=CartStatus.ACTIVE).first() if cart.user_id else None
    if newer is None:
        cart.status = CartStatus.ACTIVE
        cart.save(update_fields=["status"])
        _touch(cart)
    else:
        cart.status = CartStatus.MERGED
        cart.save(update_fields=["status"])
        _pour(cart, newer)


class _Nobody:
    is_authenticated = False


_NOBODY = _Nobody()


def _pour(source: Cart, target: Cart) -> None:
    lines = selectors.priced_lines(source)
    there = dict(CartItem.objects.filter(cart=target).values_list("variant_id", "quantity"))
    for line in sorted(lines, key=lambda line: line.variant.pk):
        room = min(line.available, MAX_QUANTITY) - there.get(line.variant.pk, 0)
        units = min(line.quantity, room)
        if units > 0 and line.is_sold:
            _put(target, line.variant.public_id, units)


def _require_quantity(line: CartLine) -> None:
    if not 1 <= line.quantity <= MAX_QUANTITY:
        raise QuantityOutOfRange(
            f"{line.quantity} units are too many or too few.", errors={"quantity": [f"Between 1 and {MAX_QUANTITY}."]}
        )
    left = max(line.available, 0)
    if left < line.quantity:
        variant = line.variant
        raise OutOfStock([Shortage(variant_id=variant.pk, sku=variant.sku, requested=line.quantity, available=left)])


def _item(cart: Cart, public_id: UUID) -> CartItem:
    item = CartItem.objects.select_related("variant").filter(cart=cart, public_id=public_id).first()
    if item is None:
        raise CartItemNotFound("There is no such item in this cart; it may have been taken out elsewhere.")
    return item


def _touch(cart: Cart) -> None:
    """Lock the active cart by a write, so that one change follows the other."""
    active = Cart.objects.filter(pk=cart.pk, status=CartStatus.ACTIVE)
    if not active.update(version=F("version") + 1, updated_at=Now()):
        _require_active(cart)
    cart.refresh_from_db(fields=["version"])


def _require_active(cart: Cart) -> None:
    if not Cart.objects.filter(pk=cart.pk, status=CartStatus.ACTIVE).exists():
        raise CartNotActive("This cart has become an order; start a new one.")


def _end(cart: Cart, status: CartStatus) -> bool:
    active = Cart.objects.filter(pk=cart.pk, status=CartStatus.ACTIVE)
    return bool(active.update(status=status, updated_at=Now()))
