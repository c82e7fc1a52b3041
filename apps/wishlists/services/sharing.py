"""Links by which others read a list: made by its owner, and ended by him or by time."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.cart.selectors import hash_token
from apps.common.clock import database_now
from apps.wishlists.exceptions import TooManyShares
from apps.wishlists.models import Privacy, Wishlist, WishlistShare
from apps.wishlists.services.holding import hold_lists

MOST_SHARES = 10
USUAL_DAYS, MOST_DAYS = 30, 365
_IS_OVER = Q(revoked_at__isnull=False) | Q(expires_at__lte=Now())


@transaction.atomic
def share_wishlist(*, wishlist_id: int, days: int = USUAL_DAYS, shows_notes: bool = False) -> tuple[WishlistShare, str]:
    """A new link to the list, and its token, which is told this once and never stored. The list is private no more.

    Raises:
        WishlistNotFound: it was deleted meanwhile.
        TooManyShares: ten links lead to it.
    """
    [wishlist] = hold_lists(wishlist_id)
    if wishlist.shares.exclude(_IS_OVER).count() >= MOST_SHARES:
        raise TooManyShares(MOST_SHARES)
    wishlist.shares.filter(_IS_OVER, opened_count=0).delete()  # nobody knows them, so they need not pile up
    token = secrets.token_urlsafe(32)
    share = WishlistShare.objects.create(
        wishlist=wishlist,
        token_hash=hash_token(token),
        expires_at=database_now() + timedelta(days=days),
        shows_notes=shows_notes,
    )
    Wishlist.objects.filter(pk=wishlist.pk).update(privacy=Privacy.BY_LINK, updated_at=Now())
    return share, token


def revoke_share(*, share_id: int) -> None:
    """The link leads nowhere any more. Twice is once."""
    _revoke(Q(pk=share_id))


def revoke_all(wishlist: Wishlist) -> None:
    """No link leads to the list any more."""
    _revoke(Q(wishlist=wishlist))


def count_opening(*, share_id: int) -> None:
    """Somebody has opened the link; nothing says who."""
    WishlistShare.objects.filter(pk=share_id).update(opened_count=F("opened_count") + 1, last_opened_at=Now())


def _revoke(which: Q) -> None:
    WishlistShare.objects.filter(which, revoked_at=None).update(revoked_at=Now(), updated_at=Now())
