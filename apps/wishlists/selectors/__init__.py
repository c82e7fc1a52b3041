"""Whose lists and alerts, what they show now, and which alerts have something to tell."""

from apps.wishlists.selectors.alerts import (
    Alert,
    alerts_of,
    find_alert,
    met_alerts,
    seen_alerts,
)
from apps.wishlists.selectors.analytics import (
    Conversion,
    DropHeard,
    Openings,
    Wished,
    alerts_by_drop,
    conversion,
    most_awaited,
    most_wished,
    openings,
    wished_without_stock,
)
from apps.wishlists.selectors.lists import (
    FAVOURITES,
    Wish,
    find_item,
    find_own_share,
    find_share,
    find_wishlist,
    items_of,
    seen_wishes,
    shares_of,
    wishlists_of,
)
from apps.wishlists.selectors.things import ThingNow, thing_now

__all__ = [
    "FAVOURITES",
    "Alert",
    "Conversion",
    "DropHeard",
    "Openings",
    "ThingNow",
    "Wish",
    "Wished",
    "alerts_by_drop",
    "alerts_of",
    "conversion",
    "find_alert",
    "find_item",
    "find_own_share",
    "find_share",
    "find_wishlist",
    "items_of",
    "met_alerts",
    "most_awaited",
    "most_wished",
    "openings",
    "seen_alerts",
    "seen_wishes",
    "shares_of",
    "thing_now",
    "wished_without_stock",
    "wishlists_of",
]
