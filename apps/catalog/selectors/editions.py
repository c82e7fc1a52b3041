"""The shop window's edition: the numbers that move with whatever a public read shows, and what holds in one edition.

A reader that keeps what it has computed must know the edition *before* it computes, or see both in one statement:
then a change that comes in between makes a number that nobody has kept anything under. See docs/adr/0012.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

from django.conf import settings
from django.db import connection

from apps.catalog.documents import ShownRate
from apps.common.exceptions import NotFound, Unavailable
from apps.common.money import Money, exponent
from apps.fx_rates import selectors as fx_selectors
from apps.fx_rates.exceptions import CurrencyNotKept, NoFitRate
from apps.fx_rates.models import BASE as DOLLAR

EDITION = """(SELECT COALESCE(SUM(shelves), 0)::bigint AS shelves, COALESCE(SUM(figures), 0)::bigint AS figures,
    ceil(extract(epoch FROM statement_timestamp()) * 1000)::bigint AS at_ms FROM catalog_edition)"""
"""One row, for the FROM of a statement that reads something else in the same snapshot."""

_SETTLED_AFTER = 5  # tries to see rate and documents of one edition, while writers change the window at every moment


class EditionNow(NamedTuple):
    """The edition at a moment, which the database's clock tells in milliseconds since 1970."""

    shelves: int
    figures: int
    at_ms: int


class Seen(Protocol):
    """What a statement has read, with the edition of its own snapshot."""

    @property
    def edition(self) -> EditionNow: ...


SeenT_co = TypeVar("SeenT_co", bound=Seen, covariant=True)


@dataclass(frozen=True, slots=True)
class SecondCurrency:
    """What one unit of the base currency costs in the second, at a version of its board, until the clock changes it."""

    version: int
    until_ms: int | None
    rate: Decimal | None
    shown: ShownRate | None

    def holds(self, version: int, at_ms: int) -> bool:
        is_in_time = self.until_ms is None or at_ms < self.until_ms
        is_same = self.shown is None or self.shown["currency"] == settings.SECOND_CURRENCY
        return is_same and is_in_time and self.version == version


FoundT = TypeVar("FoundT", bound=Any)  # a frozen dataclass that has been `Seen`
KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Kept(dict[KeyT, ValueT]):
    """Begins anew when it has grown large, for anybody may ask for anything."""

    def __init__(self, most: int = 2000) -> None:
        self.most = most

    def keep(self, more: Mapping[KeyT, ValueT]) -> None:
        if len(self) > self.most:
            self.clear()
        self.update(more)


@dataclass(frozen=True, slots=True)
class Window:
    """What holds for all answers of one edition of the shelves, until `until_ms`, when the clock alone changes it.

    `is_behind`: the moment of an offer's or a window's turn has come, and its document still says what was before.
    `moved_categories` are the slugs that categories had, with those that they have now.
    """

    shelves: int
    until_ms: int
    money: SecondCurrency
    is_behind: bool = False
    moved_categories: Mapping[str, str] = field(default_factory=dict)
    facts: Kept[str, Any] = field(default_factory=Kept)
    """What was counted in this edition: every page of a list asks for the same counts."""
    cards: defaultdict[str, Kept[int, str]] = field(default_factory=lambda: defaultdict(Kept))
    """Products as lists show them, as JSON by language and key: most lists of an edition show the same ones."""
    pages: Kept[str, Any] = field(default_factory=lambda: Kept(most=500))
    """Products' pages without their units, by slug or id and language."""
    found: Kept[str, Any] = field(default_factory=lambda: Kept(most=200))
    """What was found for those who search: popular words are asked for again and again, and dear to look for."""

    def holds_at(self, edition: EditionNow) -> bool:
        return edition.shelves == self.shelves and edition.at_ms < self.until_ms

    def find(self, asked: str, look: Callable[[], FoundT]) -> FoundT:
        """What was found in this edition when the same was asked before, or else what `look` finds now."""
        known: FoundT | None = self.found.get(asked)
        if known is not None:
            return replace(known, edition=edition_now())
        seen = look()
        if self.holds_at(seen.edition):
            self.found.keep({asked: seen})
        return seen

    def in_second_currency(self, amount: Decimal) -> Money | None:
        """The price by the rate of now, rounded half up once."""
        rate = self.money.rate
        return None if rate is None else fx_selectors.multiplied(amount, rate, settings.SECOND_CURRENCY)


@dataclass(frozen=True, slots=True)
class Reading(Generic[SeenT_co]):
    """What was read and the window of its very snapshot; not settled if no window held still long enough."""

    window: Window
    seen: SeenT_co
    is_settled: bool


@dataclass(frozen=True, slots=True)
class Plain:
    """Something with the edition that was looked at right after it was read, or with it."""

    value: Any
    edition: EditionNow


_last: Window | None = None  # of this process; it is asked nothing before its edition is compared


def edition_now() -> EditionNow:
    """One short statement that touches no product."""
    row = cast(Any, connection).quick_row(f"SELECT shelves, figures, at_ms FROM {EDITION} AS e")  # noqa: S608
    return EditionNow(*map(int, row))


CatchUp = Callable[[], None]


def _do_nothing() -> None:
    pass


def read_in_one_edition(
    read: Callable[[Window], SeenT_co], edition: EditionNow | None = None, catch_up: CatchUp = _do_nothing
) -> Reading[SeenT_co]:
    """Read with the window that holds in the very snapshot that was read.

    `edition` is what the caller knows of it already, so that a window of the past is not tried first. `catch_up` is
    called before anything is read of a window that is behind.
    """
    global _last
    window = _last
    if window is None or (edition is not None and not window.holds_at(edition)):
        window = _look_again(catch_up)
    for _ in range(_SETTLED_AFTER):
        try:
            seen = read(window)
        except (NotFound, Unavailable):  # in the window of the past perhaps, and no longer
            if window is not _last:
                raise
            window = _look_again(catch_up)
            continue
        if window.holds_at(seen.edition):
            _last = window
            return Reading(window, seen, is_settled=True)
        if window.is_behind:  # and nobody could help it
            return Reading(window, seen, is_settled=False)
        window = _look_again(catch_up)
    return Reading(window, read(window), is_settled=False)


def _look_again(catch_up: CatchUp) -> Window:
    window = look()
    if window.is_behind:
        catch_up()
        window = look()
    return window


def read_plainly(
    compute: Callable[[], Any], edition: EditionNow | None = None, catch_up: CatchUp = _do_nothing
) -> Reading[Plain]:
    """For what takes several statements: the edition before them and after them is the same."""
    return read_in_one_edition(lambda _: Plain(compute(), edition_now()), edition or _NEVER, catch_up)


_NEVER = EditionNow(-1, -1, 0)  # no window holds in it


BEHIND = "EXISTS (SELECT FROM catalog_productturn WHERE due_at <= statement_timestamp())"
"""SQL: whether some document does not say yet what the clock has changed."""

# Lists turn when the last hold on all of an item's units ends; other holds end without a change of yes or no.
_LOOK = f"""
SELECT e.shelves, e.at_ms, statement_timestamp(), {BEHIND},
    (SELECT floor(extract(epoch FROM MIN(due_at)) * 1000)::bigint FROM catalog_productturn),
    (SELECT json_object_agg(old.slug, c.slug) FROM catalog_categoryslug old
     JOIN catalog_category c ON c.id = old.category_id AND c.slug <> old.slug),
    (SELECT version FROM fx_rates_exchangerateboard WHERE currency = %s),
    (SELECT floor(extract(epoch FROM MIN(r.expires_at)) * 1000)::bigint FROM inventory_reservation r
     JOIN inventory_stockitem s ON s.id = r.stock_item_id AND s.on_hand = s.reserved + s.committed
     WHERE r.status = 'reserved' AND r.expires_at >= statement_timestamp())
FROM {EDITION} AS e"""  # noqa: S608  our own constants


def look() -> Window:
    """The window of now: one statement, and more only when a rate has changed."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [settings.SECOND_CURRENCY])
        shelves, at_ms, now, is_behind, turn_ms, moved, version, hold_ends_ms = cursor.fetchone()
    money = _last.money if _last is not None else None
    if money is None or not money.holds(version or 0, at_ms):
        money = _second_currency(version or 0, now)
    longest_ms = at_ms + settings.CATALOGUE_CACHE_SECONDS * 1000
    ends = (end for end in (longest_ms, turn_ms, hold_ends_ms, money.until_ms) if end is not None)
    return Window(shelves, min(ends), money, is_behind, moved or {})


def _second_currency(version: int, now: datetime) -> SecondCurrency:
    base, second = settings.BASE_CURRENCY, settings.SECOND_CURRENCY
    if second in {"", base}:
        return SecondCurrency(version, None, None, None)
    try:
        rate = fx_selectors.current_rate_of(second, version, now)
        through = None if base == DOLLAR else fx_selectors.current_rate(base)
    except (CurrencyNotKept, NoFitRate) as refusal:
        begins = fx_selectors.next_beginning(second, now)
        return SecondCurrency(version, _ms(begins), None, _unfit(second, refusal.code))
    figure = rate.rate if through is None else rate.rate / through.rate
    good_until = rate.good_until if through is None else min(rate.good_until, through.good_until)
    shown: ShownRate = {
        "currency": second,
        "rate": f"{figure.normalize():f}",
        "source": rate.source,
        "value_date": rate.value_date.isoformat(),
        "is_fallback": rate.is_fallback,
        "problem": None,
    }
    return SecondCurrency(version, _ms(good_until), figure, shown)


def _unfit(currency: str, code: str) -> ShownRate:
    return {
        "currency": currency,
        "rate": None,
        "source": None,
        "value_date": None,
        "is_fallback": False,
        "problem": code,
    }


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def in_second_currency(amount: str, currency: str) -> str:
    """SQL for a numeric expression's money as JSON text, by `w.rate`; JSON's null where either is missing."""
    text = f"""'{{"amount":"' || round({amount} * w.rate, {exponent(currency)}) || '","currency":"{currency}"}}'"""
    return f"COALESCE({text}, 'null')"
