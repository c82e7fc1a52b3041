"""Who holds what while he counts and writes: first the person, then lists in the order of their keys."""

from __future__ import annotations

from apps.accounts.exceptions import SessionEnded
from apps.accounts.models import User
from apps.wishlists.exceptions import WishlistNotFound
from apps.wishlists.models import Wishlist


def hold_person(user: User) -> None:
    """Nobody else makes a list or an alert for him until the transaction ends. Raises SessionEnded: he was erased."""
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, erased_at=None):
        raise SessionEnded


def hold_lists(*wishlist_ids: int) -> list[Wishlist]:
    """The lists, which nobody else changes until the transaction ends, in the order that was asked for.

    Raises:
        WishlistNotFound: one was deleted meanwhile.
    """
    rows = Wishlist.objects.select_for_update(no_key=True).filter(pk__in=wishlist_ids).order_by("pk")
    found = {wishlist.pk: wishlist for wishlist in rows}
    if len(found) < len(set(wishlist_ids)):
        raise WishlistNotFound
    return [found[pk] for pk in wishlist_ids]
