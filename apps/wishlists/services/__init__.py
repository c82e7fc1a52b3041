"""Writes of lists, of the links to them, and of alerts."""

from apps.wishlists.services.alerts import (
    alert_token,
    ask_for_alert,
    end_alert,
    end_alert_by_token,
    look_at_alert,
    take_alert,
)
from apps.wishlists.services.lists import (
    add_item,
    change_item,
    change_wishlist,
    create_wishlist,
    delete_wishlist,
    empty_wishlist,
    ensure_favourites,
    move_item,
    remove_item,
)
from apps.wishlists.services.sharing import count_opening, revoke_share, share_wishlist

__all__ = [
    "add_item",
    "alert_token",
    "ask_for_alert",
    "change_item",
    "change_wishlist",
    "count_opening",
    "create_wishlist",
    "delete_wishlist",
    "empty_wishlist",
    "end_alert",
    "end_alert_by_token",
    "ensure_favourites",
    "look_at_alert",
    "move_item",
    "remove_item",
    "revoke_share",
    "share_wishlist",
    "take_alert",
]
