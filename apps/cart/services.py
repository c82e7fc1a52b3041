"""Put in, change, take out, merge; and for checkout: convert, bring back.

Every change begins with one UPDATE of the active cart, which finds it, raises its version and holds its row until the
transaction ends: changes of one cart follow each other, and none comes after the cart has become an order.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, Now

from apps.accounts.models import User
from apps.cart import selectors
from apps.cart.exceptions import CartItemNotFound, CartNotActive, QuantityOutOfRange, VariantNotFound
from apps.cart.models import Cart, CartItem, CartStatus
from apps.cart.selectors import CartLine
from apps.catalog.models import Offer, ProductVariant
from apps.catalog.selectors import PRICE_NOW
from apps.common import sql
from apps.common.ids import new_id
from apps.common.transactions import retry_collisions
from apps.inventory.exceptions import OutOfStock, Shortage

MAX_QUANTITY = 999


@dataclass(frozen=True, slots=True)
class FilledCart:
    """A cart with its lines after a change; `new_token` is told once, when a guest's cart is made, and never stored."""

    cart: Cart
    lines: list[CartLine]
    new_token: str = ""


@retry_collisions
@transaction.atomic
def add_item(*, user: User | AnonymousUser, token: str = "", variant_public_id: UUID, quantity: int) -> FilledCart:
    """Put units into the caller's cart, on top of what is there; nothing is held. The first item makes the cart.

    Raises:
        VariantNotFound: nobody sells it, or not in the cart's currency.
        OutOfStock: fewer are left than the cart would then hold.
        QuantityOutOfRange: below 1 or above 999 in all.
    """
    _require_in_range(quantity)
    cart, new_token = _put(user, token, variant_public_id, quantity)
    lines = selectors.priced_lines(cart)
    _require_buyable(next((line for line in lines if line.variant_public_id == variant_public_id), None))
    return FilledCart(cart, lines, new_token)


@retry_collisions
@transaction.atomic
def change_quantity(*, user: User | AnonymousUser, token: str = "", item_public_id: UUID, quantity: int) -> FilledCart:
    """Set how many units of an item the caller's cart holds, and take today's price as seen.

    Raises:
        CartItemNotFound: it is not in the caller's cart.
        VariantNotFound, OutOfStock, QuantityOutOfRange: as `add_item`.
    """
    _require_in_range(quantity)
    cart = _touch(user, token)
    offer = Offer.objects.running().filter(variant=OuterRef("variant_id")).values("price_amount")
    regular = ProductVariant.objects.filter(pk=OuterRef("variant_id")).values("price_amount")
    price = Coalesce(Subquery(offer), Subquery(regular))
    item = CartItem.objects.filter(cart=cart, public_id=item_public_id)
    is_there = item.update(quantity=quantity, seen_price_amount=price, updated_at=Now())
    if cart is None or not is_there:
        raise _no_such_item()
    lines = selectors.priced_lines(cart)
    _require_buyable(next(line for line in lines if line.item_id == item_public_id))
    return FilledCart(cart, lines)


@retry_collisions
@transaction.atomic
def remove_item(*, user: User | AnonymousUser, token: str = "", item_public_id: UUID) -> FilledCart:
    """Take one item out of the caller's cart, or raise CartItemNotFound."""
    cart = _touch(user, token)
    removed, _ = CartItem.objects.filter(cart=cart, public_id=item_public_id).delete()
    if cart is None or not removed:
        raise _no_such_item()
    return FilledCart(cart, selectors.priced_lines(cart))


@retry_collisions
@transaction.atomic
def empty(*, user: User | AnonymousUser, token: str = "") -> None:
    """Take everything out of the caller's cart."""
    cart = _touch(user, token)
    if cart is not None:
        CartItem.objects.filter(cart=cart).delete()


@retry_collisions
@transaction.atomic
def merge_guest_cart(*, user: User, token: str) -> None:
    """Pour a guest's cart into the person's own at login: quantities add up, to what is left and no further.

    The guest's cart ends by one guarded UPDATE, so of two logins at once one pours and the other finds nothing.
    """
    guest = selectors.find_cart(user=AnonymousUser(), token=token)
    if guest is not None and _move(guest, CartStatus.ACTIVE, CartStatus.MERGED):
        _pour(guest, user.pk)


def convert(*, user: User | AnonymousUser, token: str = "") -> Cart | None:
    """The caller's active cart becomes an order; None when there is no cart.

    Whoever makes the order calls this first: one guarded UPDATE finds the cart and holds its row until the transaction
    ends, so that its items stay as they are. `updated_at` is then the database's time of this moment.

    Raises:
        CartNotActive: the caller's last cart has become an order already.
    """
    owner = selectors.owner(user, token)
    cart = _first(_CONVERT, *owner)
    last = cart or _first(_LAST, *owner)
    if cart is None and last is not None and last.status == CartStatus.CONVERTED:
        raise CartNotActive("This cart has become an order already; look into your orders.")
    return cart


@transaction.atomic
def reopen(*, cart_public_id: UUID) -> None:
    """Bring a converted cart back because its order expired; twice is once.

    A person who has begun another cart meanwhile finds the items in that one.
    """
    converted = Cart.objects.filter(public_id=cart_public_id, status=CartStatus.CONVERTED)
    cart = converted.select_for_update().first()
    if cart is None:
        return
    try:
        with transaction.atomic():
            _move(cart, CartStatus.CONVERTED, CartStatus.ACTIVE)
    except IntegrityError:  # one active cart per person, says the database
        _move(cart, CartStatus.CONVERTED, CartStatus.MERGED)
        _pour(cart, cart.user_id)


def delete_old_guest_carts() -> int:
    """Remove guests' carts that nobody has touched for GUEST_CART_DAYS; those of orders stay. Returns how many."""
    old = Cart.objects.filter(user=None, updated_at__lt=Now() - timedelta(days=settings.GUEST_CART_DAYS))
    return old.exclude(status=CartStatus.CONVERTED).delete()[1].get("cart.Cart", 0)


_TOUCH = f"""
UPDATE cart_cart SET version = version + 1, updated_at = statement_timestamp()
WHERE status = 'active' AND {selectors.OWNED} RETURNING *
"""  # noqa: S608
_CONVERT = f"""
UPDATE cart_cart SET status = 'converted', updated_at = statement_timestamp()
WHERE status = 'active' AND {selectors.OWNED} RETURNING *
"""  # noqa: S608
_LAST = f"SELECT * FROM cart_cart WHERE {selectors.OWNED} ORDER BY id DESC LIMIT 1"  # noqa: S608
# Makes a cart, or touches the active one that the person has already: two tabs get the same.
_OPEN = """
INSERT INTO cart_cart AS mine (user_id, token_hash, public_id, currency, status, version)
VALUES (%s, %s, %s, %s, 'active', 1)
ON CONFLICT (user_id) WHERE status = 'active'
DO UPDATE SET version = mine.version + 1, updated_at = statement_timestamp() RETURNING *
"""
_PUT = """
WITH cart AS ({cart}), put AS (
    INSERT INTO cart_cartitem AS item (public_id, cart_id, variant_id, quantity, seen_price_amount)
    SELECT %s, cart.id, variant.id, %s, {price}
    FROM cart, catalog_productvariant variant WHERE variant.public_id = %s
    ON CONFLICT (cart_id, variant_id) DO UPDATE SET updated_at = statement_timestamp(),
        seen_price_amount = EXCLUDED.seen_price_amount, quantity = item.quantity + EXCLUDED.quantity)
SELECT * FROM cart
"""
_TOUCH_AND_PUT, _OPEN_AND_PUT = (_PUT.format(cart=cart, price=PRICE_NOW) for cart in (_TOUCH, _OPEN))


def _put(user: User | AnonymousUser, token: str, variant_public_id: UUID, quantity: int) -> tuple[Cart, str]:
    """Put units of a variant, if there is one of that name, into the caller's cart, which is made if need be.

    Also gives the token of a guest's new cart.
    """
    item = (new_id(), quantity, variant_public_id)
    if not user.is_authenticated:
        cart = _first(_TOUCH_AND_PUT, *selectors.owner(user, token), *item) if token else None
        if cart is not None:
            return cart, ""
    new_token = "" if user.is_authenticated else secrets.token_urlsafe(32)
    new_cart = (*selectors.owner(user, new_token), new_id(), settings.BASE_CURRENCY)
    return sql.fetch_objects(Cart, _OPEN_AND_PUT, *new_cart, *item)[0], new_token


def _touch(user: User | AnonymousUser, token: str) -> Cart | None:
    """The caller's active cart, one version on and locked until the transaction ends; None when there is none."""
    return _first(_TOUCH, *selectors.owner(user, token))


def _first(statement: str, *values: Any) -> Cart | None:
    return next(iter(sql.fetch_objects(Cart, statement, *values)), None)


def _move(cart: Cart, old: CartStatus, new: CartStatus) -> bool:
    """Change the status by one guarded UPDATE; False when somebody else was faster."""
    return bool(Cart.objects.filter(pk=cart.pk, status=old).update(status=new, updated_at=Now()))


def _pour(source: Cart, user_id: int | None) -> None:
    """Add the items of a cart that has ended to the person's own; nothing that is there already becomes less."""
    lines = selectors.priced_lines(source)
    if not lines:
        return
    target = sql.fetch_objects(Cart, _OPEN, user_id, None, new_id(), settings.BASE_CURRENCY)[0]
    there = dict(CartItem.objects.filter(cart=target).values_list("variant_id", "quantity"))
    CartItem.objects.bulk_create(
        [
            CartItem(
                cart=target,
                variant_id=line.variant_id,
                quantity=_merged(line, there.get(line.variant_id, 0)),
                seen_price_amount=line.seen_price.amount,
            )
            for line in lines
        ],
        update_conflicts=True,
        unique_fields=["cart", "variant"],
        update_fields=["quantity"],
    )


def _merged(line: CartLine, there: int) -> int:
    """Both quantities, up to what is left; one unit at least, so that what is sold out stays in sight."""
    room = max(min(line.available, MAX_QUANTITY), 1)
    return max(there, min(there + line.quantity, room))


def _require_in_range(quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise QuantityOutOfRange(
            f"{quantity} units are too many or too few.", errors={"quantity": [f"Between 1 and {MAX_QUANTITY}."]}
        )


def _require_buyable(line: CartLine | None) -> None:
    if line is None or not line.is_sold:
        raise _not_sold()
    _require_in_range(line.quantity)
    if line.available < line.quantity:
        wanted, left = line.quantity, line.available
        raise OutOfStock([Shortage(line.variant_id, line.sku, requested=wanted, available=left)])


def _no_such_item() -> CartItemNotFound:
    return CartItemNotFound("There is no such item in this cart; it may have been taken out elsewhere.")


def _not_sold() -> VariantNotFound:
    return VariantNotFound("Nobody sells this variant; it may have been taken down.")
