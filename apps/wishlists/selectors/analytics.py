"""What people wish for, for staff: counted from the lists and alerts themselves, and never by person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Sum
from django.db.models.functions import Now

from apps.common import sql
from apps.orders import selectors as order_selectors
from apps.wishlists.models import WishlistItem, WishlistShare
from apps.wishlists.selectors.things import THING_NOW

DROPS = (5, 10, 20, 30, 50)


@dataclass(frozen=True, slots=True)
class Wished:
    """A product by how many people wish for it, and how many of them wait for a lower price or for its return."""

    slug: str
    name: str
    people: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Conversion:
    """Of so many wishes, as many were followed by an order of the same person that was paid."""

    wishes: int
    bought: int

    @property
    def percent(self) -> int:
        return round(100 * self.bought / self.wishes) if self.wishes else 0


@dataclass(frozen=True, slots=True)
class Openings:
    """Links that lead somewhere now, all that were made, and how often those were opened."""

    live: int
    made: int
    opened: int


@dataclass(frozen=True, slots=True)
class DropHeard:
    """So many alerts would be told if what they are about cost so many percent less."""

    percent: int
    alerts: int


_WISHED = f"""
WITH wished AS (
    SELECT item.product_id, COUNT(DISTINCT list.owner_id) AS people
    FROM wishlists_wishlistitem item JOIN wishlists_wishlist list ON list.id = item.wishlist_id
    GROUP BY item.product_id),
awaited AS (
    SELECT product_id, COUNT(DISTINCT user_id) AS waiting FROM wishlists_pricealert WHERE status = 'waiting'
    GROUP BY product_id),
a AS (
    SELECT product_id, NULL::bigint AS variant_id, COALESCE(people, 0) AS people, COALESCE(waiting, 0) AS waiting
    FROM wished FULL JOIN awaited USING (product_id))
SELECT p.slug, p.name, a.people, a.waiting FROM a JOIN catalog_product p ON p.id = a.product_id
CROSS JOIN {THING_NOW} WHERE {{condition}} ORDER BY {{order}} DESC, p.id LIMIT %s"""  # noqa: S608  our own constants
_MOST_WISHED = _WISHED.format(condition="people > 0", order="people")
_WITHOUT_STOCK = _WISHED.format(condition="people > 0 AND NOT now.is_in_stock", order="people")
_MOST_AWAITED = _WISHED.format(condition="waiting > 0", order="waiting")

_BY_DROP = f"""
SELECT drop.percent, COUNT(*) FILTER (WHERE now.currency = a.currency
    AND now.price * (100 - drop.percent) / 100 < LEAST(a.asked_amount, a.told_amount)
    AND now.price * (100 - drop.percent) / 100 <= COALESCE(a.target_amount, now.price))
FROM unnest(%s::int[]) AS drop (percent)
LEFT JOIN wishlists_pricealert a ON a.status = 'waiting' AND a.kind = 'price_drop'
LEFT JOIN {THING_NOW} ON true GROUP BY drop.percent ORDER BY drop.percent"""  # noqa: S608


def most_wished(*, most: int) -> list[Wished]:
    """Those that most people have on a list, whether or not they are still sold."""
    return [Wished(*row) for row in sql.fetch_all(_MOST_WISHED, most)]


def wished_without_stock(*, most: int) -> list[Wished]:
    """Of what people have on their lists, that which cannot be bought now: sold out, or no longer sold."""
    return [Wished(*row) for row in sql.fetch_all(_WITHOUT_STOCK, most)]


def most_awaited(*, most: int) -> list[Wished]:
    """Those that most people have an alert for that waits."""
    return [Wished(*row) for row in sql.fetch_all(_MOST_AWAITED, most)]


def alerts_by_drop() -> list[DropHeard]:
    """How many would be told if prices fell by a few percent, or by many."""
    return [DropHeard(*row) for row in sql.fetch_all(_BY_DROP, list(DROPS))]


def conversion(*, days: int) -> Conversion:
    """Of what was put on lists in the last days and is still there: what the same person has bought since."""
    wishes = WishlistItem.objects.filter(created_at__gt=Now() - timedelta(days=days))
    lines = order_selectors.lines_bought().filter(
        order__customer=OuterRef("wishlist__owner"),
        variant__product=OuterRef("product"),
        order__created_at__gt=OuterRef("created_at"),
    )
    return Conversion(wishes.count(), wishes.filter(Exists(lines)).count())


def openings() -> Openings:
    live = WishlistShare.objects.filter(revoked_at=None, expires_at__gt=Now()).count()
    of_all = WishlistShare.objects.aggregate(made=Count("pk"), opened=Sum("opened_count"))
    return Openings(live, of_all["made"], of_all["opened"] or 0)
