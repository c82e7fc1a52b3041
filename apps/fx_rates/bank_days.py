"""Days as the banks of Caracas count them. A rate is published on one bank day for the next one, its value date."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache

from dateutil.easter import easter

CARACAS = timezone(timedelta(hours=-4), "Caracas")  # no daylight saving; so since May 2016
_FIXED = [(1, 1), (4, 19), (5, 1), (6, 24), (7, 5), (7, 24), (10, 12), (12, 24), (12, 25), (12, 31)]
_DAYS_FROM_EASTER = [-48, -47, -3, -2]  # Carnival Monday and Tuesday, Holy Thursday and Friday


def caracas_date(moment: datetime) -> date:
    return moment.astimezone(CARACAS).date()


def start_of(day: date) -> datetime:
    """The first moment of a day in Caracas, in UTC."""
    return datetime.combine(day, time.min, CARACAS).astimezone(UTC)


@cache
def national_holidays(year: int) -> frozenset[date]:
    """Days on which no bank of Venezuela works; the supervisor adds some Mondays every year (FX_BANK_HOLIDAYS)."""
    moving = [easter(year) + timedelta(days=days) for days in _DAYS_FROM_EASTER]
    return frozenset([*(date(year, month, day) for month, day in _FIXED), *moving])


def is_bank_day(day: date, holidays: Collection[date] = ()) -> bool:
    return day.weekday() < 5 and day not in national_holidays(day.year) and day not in holidays


def bank_days_between(earlier: date, later: date, holidays: Collection[date] = ()) -> int:
    """Bank days after `earlier`, up to and with `later`; 0 when `later` is not later."""
    days = (earlier + timedelta(days=count) for count in range(1, (later - earlier).days + 1))
    return sum(is_bank_day(day, holidays) for day in days)


def is_publication_time(moment: datetime, holidays: Collection[date] = ()) -> bool:
    """The afternoon of a bank day, when the central bank publishes the next one's rate."""
    local = moment.astimezone(CARACAS)
    return is_bank_day(local.date(), holidays) and 16 <= local.hour < 19
