"""Lists are made, filled, changed and emptied. Whoever counts what is on a list holds it."""

from __future__ import annotations

from typing import TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.cart.exceptions import VariantNotFound
from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import ProductVariant
from apps.wishlists import selectors
from apps.wishlists.exceptions import DefaultWishlistStays, TooManyWishlists, WishlistFull, WishNotFound
from apps.wishlists.models import Privacy, Wishlist, WishlistItem
from apps.wishlists.services.holding import hold_lists, hold_person
from apps.wishlists.services.sharing import revoke_all

MOST_LISTS, MOST_ITEMS = 20, 200
_FAVOURITES = {"es": "Favoritos", "en": "Favourites", "pt": "Favoritos"}


class WishlistFields(TypedDict, total=False):
    name: str
    privacy: str


@transaction.atomic
def create_wishlist(*, owner: User, name: str) -> Wishlist:
    """A list that nobody else sees.

    Raises:
        TooManyWishlists: the person has twenty, the favourites apart.
    """
    hold_person(owner)
    if Wishlist.objects.filter(owner=owner, is_default=False).count() >= MOST_LISTS:
        raise TooManyWishlists(MOST_LISTS)
    return Wishlist.objects.create(owner=owner, name=name)


def ensure_favourites(*, owner: User) -> Wishlist:
    """The person's default list, made when it is first needed; twice is once."""
    favourites = Wishlist.objects.filter(owner=owner, is_default=True).first()
    if favourites is not None:
        return favourites
    with transaction.atomic():
        hold_person(owner)
        name = _FAVOURITES.get(owner.language, _FAVOURITES["en"])
        return Wishlist.objects.get_or_create(owner=owner, is_default=True, defaults={"name": name})[0]


@transaction.atomic
def change_wishlist(*, wishlist_id: int, **fields: Unpack[WishlistFields]) -> Wishlist:
    """Rename it, or close it: no link leads to a private list, and none that did before will do so again.

    Raises:
        WishlistNotFound: it was deleted meanwhile.
    """
    [wishlist] = hold_lists(wishlist_id)
    Wishlist.objects.filter(pk=wishlist.pk).update(**fields, updated_at=Now())
    if fields.get("privacy") == Privacy.PRIVATE:
        revoke_all(wishlist)
    wishlist.refresh_from_db()
    return wishlist


@transaction.atomic
def delete_wishlist(*, wishlist_id: int) -> None:
    """With all that is on it.

    Raises:
        WishlistNotFound: it was deleted meanwhile.
        DefaultWishlistStays: it is the favourites.
    """
    [wishlist] = hold_lists(wishlist_id)
    if wishlist.is_default:
        raise DefaultWishlistStays
    wishlist.delete()


@transaction.atomic
def add_item(
    *, wishlist_id: int, product_id: int, variant_public_id: UUID | None = None, note: str = ""
) -> WishlistItem:
    """Put a product, or one of its variants, on a list. One that is there stays as it is, also with its note.

    Raises:
        WishlistNotFound: the list was deleted meanwhile.
        ProductNotFound, VariantNotFound: it is not sold.
        WishlistFull: two hundred are on it.
    """
    [wishlist] = hold_lists(wishlist_id)
    variant = None if variant_public_id is None else sold_variant(product_id, variant_public_id)
    there = wishlist.items.filter(product=product_id, variant=variant).first()
    if there is not None:
        return there
    price = selectors.thing_now(product_id=product_id, variant_id=None if variant is None else variant.pk).price
    if price is None:
        raise ProductNotFound("There is no such product.")
    _require_room(wishlist)
    return WishlistItem.objects.create(
        wishlist=wishlist,
        product_id=product_id,
        variant=variant,
        note=note,
        added_amount=price.amount,
        currency=price.currency,
    )


@transaction.atomic
def change_item(*, item: WishlistItem, to: Wishlist | None = None, note: str | None = None) -> WishlistItem:
    """Put it on another list, see `move_item`, and note something about what is there then; all or nothing.

    Raises:
        WishlistNotFound, WishlistFull: as `move_item`.
        WishNotFound: it was taken away meanwhile.
    """
    if to is not None:
        item = move_item(item=item, to=to)
    rows = WishlistItem.objects.filter(pk=item.pk)
    if note is not None:
        rows.update(note=note, updated_at=Now())
    changed = rows.first()
    if changed is None:
        raise WishNotFound
    return changed


@transaction.atomic
def move_item(*, item: WishlistItem, to: Wishlist) -> WishlistItem:
    """Put it on another list, with its note, its time and its price. If it is there already, the one there stays.

    Raises:
        WishlistNotFound, WishNotFound: one of the lists, or the item, is gone.
        WishlistFull: two hundred are on the other list.
    """
    if item.wishlist_id == to.pk:
        return item
    _, target = hold_lists(item.wishlist_id, to.pk)
    rows = WishlistItem.objects.filter(pk=item.pk, wishlist=item.wishlist_id)
    there = target.items.filter(product=item.product_id, variant=item.variant_id).first()
    if there is not None:
        rows.delete()
        return there
    _require_room(target)
    if not rows.update(wishlist=target, updated_at=Now()):
        raise WishNotFound
    return WishlistItem.objects.get(pk=item.pk)


def remove_item(*, item_id: int) -> None:
    """Take it off the list. Twice is once."""
    WishlistItem.objects.filter(pk=item_id).delete()


def empty_wishlist(*, wishlist_id: int) -> None:
    """Take everything off the list, which stays."""
    WishlistItem.objects.filter(wishlist=wishlist_id).delete()


def sold_variant(product_id: int, public_id: UUID) -> ProductVariant:
    """The variant of that name, if it is one of the product's and is sold. Raises VariantNotFound."""
    variant = ProductVariant.objects.filter(product=product_id, public_id=public_id, is_active=True).first()
    if variant is None:
        raise VariantNotFound("The product has no such variant, or it is no longer sold.")
    return variant


def _require_room(wishlist: Wishlist) -> None:
    if wishlist.items.count() >= MOST_ITEMS:
        raise WishlistFull(MOST_ITEMS)
