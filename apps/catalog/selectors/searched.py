"""What shoppers search for, for staff: by day, and the terms that are searched most or in vain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from apps.catalog.models import Search, SearchAction, SearchActionKind

_IN_VAIN = Q(hits=0) | Q(is_partial=True)


@dataclass(frozen=True, slots=True)
class SearchesOfDay:
    """First pages only, so that who turns pages has searched once."""

    date: date
    searches: int
    in_vain: int
    opened: int
    put_in_cart: int


@dataclass(frozen=True, slots=True)
class TermSearched:
    term: str
    searches: int
    opened: int
    put_in_cart: int

    @property
    def opened_percent(self) -> int:
        return round(100 * self.opened / self.searches)

    @property
    def put_in_cart_percent(self) -> int:
        return round(100 * self.put_in_cart / self.searches)


_COUNTS = {
    "searches": Count("pk"),
    "opened": Count("pk", filter=Q(is_opened=True)),
    "put_in_cart": Count("pk", filter=Q(is_put_in_cart=True)),
}


def searches_by_day(*, days: int) -> list[SearchesOfDay]:
    """The last days, today included, oldest first; a day without searches is there with zeros."""
    first = _first_day(days)
    counted = (
        _searches_since(first)
        .annotate(day=TruncDate("created_at", tzinfo=_zone()))
        .values("day")
        .annotate(**_COUNTS, in_vain=Count("pk", filter=_IN_VAIN))
        .values_list("day", "searches", "in_vain", "opened", "put_in_cart")
    )
    known = {day: SearchesOfDay(day, *counts) for day, *counts in counted}
    return [known.get(day, SearchesOfDay(day, 0, 0, 0, 0)) for day in (first + timedelta(n) for n in range(days))]


def top_terms(*, days: int, most: int, is_in_vain: bool = False) -> list[TermSearched]:
    """What was searched most in the last days; those only that found nothing, or nothing with all words, if told."""
    searches = _searches_since(_first_day(days))
    counted = (
        (searches.filter(_IN_VAIN) if is_in_vain else searches)
        .values("term")
        .annotate(**_COUNTS)
        .order_by(F("searches").desc(), "term")[:most]
    )
    return [TermSearched(row["term"], row["searches"], row["opened"], row["put_in_cart"]) for row in counted]


def _searches_since(first: date) -> QuerySet[Any]:
    actions = SearchAction.objects.filter(search=OuterRef("pk"))
    return Search.objects.filter(page=1, created_at__gte=datetime.combine(first, time.min, _zone())).annotate(
        is_opened=Exists(actions.filter(kind=SearchActionKind.OPENED)),
        is_put_in_cart=Exists(actions.filter(kind=SearchActionKind.PUT_IN_CART)),
    )


def _first_day(days: int) -> date:
    return timezone.localdate(timezone=_zone()) - timedelta(days=days - 1)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.SHOP_TIME_ZONE)
