"""A person's lists, and what the things on them are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from apps.cart.selectors import hash_token
from apps.catalog import selectors as catalog_selectors
from apps.catalog.documents import Card
from apps.common.money import Money
from apps.wishlists.exceptions import ShareNotFound, WishlistNotFound, WishNotFound
from apps.wishlists.models import Privacy, Wishlist, WishlistItem, WishlistShare
from apps.wishlists.selectors.things import ThingNow, things_now

FAVOURITES = "favourites"


@dataclass(frozen=True, slots=True)
class Wish:
    """An item with its product's card, which is None when shoppers may not see the product any more."""

    item: WishlistItem
    card: Card | None
    now: ThingNow

    @property
    def is_sold(self) -> bool:
        return self.now.price is not None

    @property
    def price_change(self) -> Money | None:
        """By how much it costs more now than when it was put here, negative: less; None if that cannot be said."""
        now, then = self.now.price, self.item.added_price
        return None if now is None or now.currency != then.currency else now - then


def wishlists_of(user: Any) -> QuerySet[Wishlist]:
    """A person's own with how many items are on each: the favourites first, then the newest."""
    return Wishlist.objects.filter(owner=user).annotate(item_count=Count("items")).order_by("-is_default", "-pk")


def find_wishlist(*, name: str, user: Any) -> Wishlist:
    """The person's own of that public id, or his favourites. Raises WishlistNotFound."""
    lists = wishlists_of(user)
    try:
        found = lists.filter(is_default=True) if name == FAVOURITES else lists.filter(public_id=UUID(name))
    except ValueError:
        raise WishlistNotFound from None
    wishlist = found.first()
    if wishlist is None:
        raise WishlistNotFound
    return wishlist


def items_of(wishlist: Wishlist) -> QuerySet[WishlistItem]:
    """The newest first."""
    return wishlist.items.select_related("product", "variant").order_by("-pk")


def find_item(*, wishlist: Wishlist, item_id: UUID) -> WishlistItem:
    """Raises WishNotFound."""
    item = items_of(wishlist).filter(public_id=item_id).first()
    if item is None:
        raise WishNotFound
    return item


def seen_wishes(items: Sequence[WishlistItem]) -> list[Wish]:
    """What these items, loaded as by `items_of`, are now: two statements, however many there are."""
    cards = catalog_selectors.cards_of({item.product_id for item in items})
    seen = things_now({(item.product_id, item.variant_id) for item in items})
    return [Wish(item, cards.get(item.product_id), seen[item.product_id, item.variant_id]) for item in items]


def shares_of(wishlist: Wishlist) -> QuerySet[WishlistShare]:
    """Also those that lead nowhere any more, the newest first."""
    return wishlist.shares.order_by("-pk")


def find_own_share(*, wishlist: Wishlist, share_id: UUID) -> WishlistShare:
    """Raises ShareNotFound."""
    share = shares_of(wishlist).filter(public_id=share_id).first()
    if share is None:
        raise ShareNotFound
    return share


def find_share(token: str) -> WishlistShare:
    """The link of that token, if it leads to a list now. Raises ShareNotFound."""
    live = WishlistShare.objects.filter(revoked_at=None, expires_at__gt=Now(), wishlist__privacy=Privacy.BY_LINK)
    of_somebody = live.filter(wishlist__owner__is_active=True).select_related("wishlist__owner")
    share = of_somebody.filter(token_hash=hash_token(token)).first()
    if share is None:
        raise ShareNotFound
    return share
