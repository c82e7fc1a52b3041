"""Pages of cards: the database says which and in what order; what it tells of each is kept for the edition."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from psycopg import ClientCursor, sql

from apps.catalog.exceptions import CursorNotValid
from apps.catalog.models import ProductDocument
from apps.catalog.selectors.editions import EDITION, EditionNow, Window, in_second_currency
from apps.catalog.selectors.facets import Facet, facets_sql
from apps.catalog.selectors.stock import in_stock
from apps.common.money import exponent


class Ordering(NamedTuple):
    """Column of `ProductDocument` that orders a list, and how its values are read from a cursor.

    The product's key comes second, so that no two places are the same and pages never overlap.
    """

    column: str
    type: str
    read: Callable[[str], object]
    direction: str = ""

    def of(self, table: str, *, backwards: bool = False) -> str:
        direction = "" if bool(self.direction) == backwards else " DESC"
        return f"{table}.{self.column}{direction}, {table}.product_id{direction}"


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number) >= 10**15:
        raise ValueError(text)
    return number


def _name(text: str) -> str:
    if "\0" in text:
        raise ValueError(text)
    return text


def _whole(text: str) -> int:
    if not -(2**31) <= int(text) < 2**31:
        raise ValueError(text)
    return int(text)


_BY_DATE = Ordering("published_at", "timestamptz", datetime.fromisoformat)
_BY_PRICE = Ordering("price_from", "numeric", _decimal)
_BY_NAME = Ordering("sort_name", "text", _name)
ORDERINGS = {
    "-published_at": _BY_DATE._replace(direction=" DESC"),
    "published_at": _BY_DATE,
    "price": _BY_PRICE,
    "-price": _BY_PRICE._replace(direction=" DESC"),
    "name": _BY_NAME,
    "-name": _BY_NAME._replace(direction=" DESC"),
    "-rating": Ordering("rating", "numeric", _decimal, " DESC"),
    "-popularity": Ordering("popularity", "integer", _whole, " DESC"),
}


class Cursor(NamedTuple):
    """A place in a list: behind the card with this value and key, or, going backwards, before it."""

    ordering: str
    value: str
    product_id: int
    is_backwards: bool = False

    def as_text(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(list(self))).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str, ordering: str) -> Cursor:
        """Raises CursorNotValid: it is not one of ours, or of a list in another order."""
        try:
            cursor = cls(*orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)))
            is_ours = cursor.ordering == ordering and type(cursor.product_id) is int
            ORDERINGS[ordering].read(cursor.value)
        except (ValueError, TypeError, KeyError, ArithmeticError) as error:
            raise CursorNotValid from error
        if not is_ours or abs(cursor.product_id) >= 2**63:
            raise CursorNotValid
        return cursor


class Slice(NamedTuple):
    """Which part of a list: so many cards behind so many others; where one walks, behind a place or from the start.

    `begins` is the list's first card, if that is known: nothing before it has to be looked at.
    """

    limit: int
    offset: int = 0
    walks: bool = False
    place: Cursor | None = None
    begins: Cursor | None = None


@dataclass(frozen=True, slots=True)
class CardPage:
    """One page of a list as finished JSON objects, how many there are on all pages, and the places around it."""

    edition: EditionNow
    cards: Sequence[str]
    count: int
    facets: str | None = None
    before: Cursor | None = None
    after: Cursor | None = None


@dataclass(frozen=True)
class CardList:
    """What a list is of: documents, their order, the key of their kept count (see `DocumentCount`), facets.

    `language` is empty for the shop's own, or one of `texts.other_languages`.
    """

    documents: QuerySet[ProductDocument]
    ordering: str
    count_key: str | None = None
    facets: Sequence[Facet] = ()
    language: str = ""

    @cached_property
    def where(self) -> tuple[str, tuple[Any, ...]]:
        return conditions_of(self.documents)

    @cached_property
    def facets_question(self) -> tuple[str, tuple[Any, ...]]:
        return facets_sql(self.facets)


def page_of_cards(wanted: CardList, part: Slice, window: Window) -> CardPage:
    """One page, with counts and facets of the same snapshot.

    In a new window the statement brings the cards along. Afterwards it only says which they are, and a second one
    brings those that no list of the edition has shown yet.

    Offset and limit are written into the statement, because PostgreSQL plans for the few rows only when it sees them.
    """
    where, params = wanted.where
    count = _Question.of(_counting(where, params, wanted.count_key), window)
    facets = _Question.of(wanted.facets_question, window) if wanted.facets else _NO_QUESTION
    kept = window.cards[wanted.language]
    brings = () if kept else (wanted.language, *currencies())
    known_beginning = f"begins {wanted.ordering} {where}"
    part = part._replace(begins=window.facts.get(known_beginning))
    statement = _statement(where, wanted.ordering, _way(part, is_narrowed=bool(where)), count.sql, facets.sql, *brings)
    asked = (*count.params, *facets.params, window.money.rate, *params, *_place(part))
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        shelves, figures, at_ms, counted, found, ids, joined, values = cursor.fetchone()
    edition = EditionNow(shelves, figures, at_ms)
    if window.holds_at(edition):
        count.remember(counted, window)
        facets.remember(found, window)
        if where and ids and not (part.offset or part.place or part.begins):
            window.facts.keep({known_beginning: Cursor(wanted.ordering, values[0], ids[0])})
    counted = counted if count.known is None else count.known
    found = found if facets.known is None else facets.known
    ids = ids or []
    cards = dict(zip(ids, finished_cards(joined), strict=True)) if brings else _known(ids, kept)
    if window.holds_at(edition):
        new = [product_id for product_id in ids if product_id not in cards]
        if new:
            edition, fetched = fetch_cards(new, window, wanted.language)
            cards |= fetched
        if window.holds_at(edition):
            kept.keep(cards)
    page = CardPage(edition, [cards[product_id] for product_id in ids if product_id in cards], counted, found)
    return _with_places(page, wanted, part, list(zip(values or (), ids, strict=True))) if part.walks else page


def _known(ids: Sequence[int], kept: Mapping[int, str]) -> dict[int, str]:
    return {product_id: card for product_id in ids if (card := kept.get(product_id)) is not None}


def fetch_cards(ids: Sequence[int], window: Window, language: str = "") -> tuple[EditionNow, dict[int, str]]:
    """The cards of products, and the edition that they are of: a later snapshot than the one that named the products.

    If the window holds in the later one, it held in the one before.
    """
    with connection.cursor() as cursor:
        cursor.execute(_cards_statement(language, *currencies()), (window.money.rate, list(ids)))
        shelves, figures, at_ms, found, joined = cursor.fetchone()
    return EditionNow(shelves, figures, at_ms), dict(zip(found or (), finished_cards(joined), strict=True))


def finished_cards(joined: str | None) -> list[str]:
    """The cards that `card_sql` has written, joined by a vertical tab."""
    return joined.replace("}\n", "").split("\v") if joined else []


def _with_places(page: CardPage, wanted: CardList, part: Slice, places: list[tuple[str, int]]) -> CardPage:
    """Drop the one card that was read beyond the page, which only says that there is more."""
    is_backwards = part.place is not None and part.place.is_backwards
    has_more = len(places) > part.limit
    kept = slice(-part.limit, None) if is_backwards else slice(part.limit)
    cards, places = page.cards[kept], places[kept]
    if not places:
        return page
    before = Cursor(wanted.ordering, *places[0], is_backwards=True)
    after = Cursor(wanted.ordering, *places[-1])
    return replace(
        page,
        cards=cards,
        before=before if (has_more if is_backwards else part.place) else None,
        after=after if (is_backwards or has_more) else None,
    )


class _Way(NamedTuple):
    """What a statement must know of a slice; the place itself is a parameter."""

    limit: int
    offset: int
    tells_places: bool
    is_backwards: bool
    beyond: str


def _way(part: Slice, *, is_narrowed: bool) -> _Way:
    """`beyond` compares with where the slice is read from: a place is left out itself, a beginning is not."""
    is_backwards = part.place is not None and part.place.is_backwards
    limit = part.limit + 1 if part.walks else part.limit
    at, beyond = part.place or part.begins, ""
    if at is not None:
        is_falling = bool(ORDERINGS[at.ordering].direction) != is_backwards
        beyond = ("<" if is_falling else ">") + ("" if part.place else "=")
    return _Way(limit, part.offset, part.walks or (is_narrowed and not beyond), is_backwards, beyond)


def _place(part: Slice) -> tuple[Any, ...]:
    at = part.place or part.begins
    return () if at is None else (ORDERINGS[at.ordering].read(at.value), at.product_id)


def currencies() -> tuple[str, str]:
    return settings.BASE_CURRENCY, settings.SECOND_CURRENCY


class _Question(NamedTuple):
    """Something to be counted, unless it is known already; then it asks the database for nothing."""

    key: str
    sql: str = "NULL"
    params: tuple[Any, ...] = ()
    known: Any = None

    @classmethod
    def of(cls, question: tuple[str, tuple[Any, ...]], window: Window) -> _Question:
        """JSON among the parameters is in the driver's wrapping."""
        sql, params = question
        key = sql + orjson.dumps(params, default=lambda value: getattr(value, "obj", str(value))).decode()
        known = window.facts.get(key)
        return cls(key, sql, params) if known is None else cls(key, known=known)

    def remember(self, fact: Any, window: Window) -> None:
        if fact is not None:
            window.facts.keep({self.key: fact})


_NO_QUESTION = _Question("")


def _counting(where: str, params: tuple[Any, ...], count_key: str | None) -> tuple[str, tuple[Any, ...]]:
    if count_key is not None:
        kept = "SELECT SUM(documents) FROM catalog_documentcount WHERE key = %s"
        return f"COALESCE(({kept}), 0)", (count_key,)
    return f"(SELECT COUNT(*) FROM catalog_productdocument {where})", params  # noqa: S608  the ORM wrote it


@lru_cache(maxsize=500)
def _statement(where: str, order: str, way: _Way, count: str, facets: str, *brings: str) -> str:
    """What leads backwards from a place is read away from it, then put in order.

    Cards are brought along in a language and with prices in the two currencies, if told.
    """
    ordering = ORDERINGS[order]
    wanted = {"product_id", ordering.column, *(_NEEDED if brings else ())}
    columns = ", ".join(sorted(wanted))
    if way.beyond:
        place = f"(catalog_productdocument.{ordering.column}, product_id) {way.beyond} (%s::{ordering.type}, %s)"
        where = f"{where} AND {place}" if where else f"WHERE {place}"
    rows = f"""SELECT {columns} FROM catalog_productdocument {where}
        ORDER BY {ordering.of("catalog_productdocument", backwards=way.is_backwards)}
        LIMIT {way.limit:d} OFFSET {way.offset:d}"""  # noqa: S608  our own words and whole numbers
    if way.is_backwards:
        rows = f"SELECT * FROM ({rows}) AS found ORDER BY {ordering.of('found')}"  # noqa: S608
    cards = "NULL"
    if brings:
        language, base, second = brings
        cards = f"string_agg({card_sql(base, second)}, E'\\v')"
        others = ", ".join(sorted(wanted - {"card"}))
        rows = f"SELECT {said_in('card', 'found', language)}, {others} FROM ({rows}) AS found" if language else rows  # noqa: S608
    values = f"array_agg(page.{ordering.column}::text)" if way.tells_places else "NULL"
    return f"""
        SELECT e.shelves, e.figures, e.at_ms, {count}, {facets}, list.* FROM {EDITION} AS e, (
            SELECT array_agg(page.product_id), {cards}, {values}
            FROM (SELECT %s::numeric AS rate) AS w, ({rows}) AS page) AS list"""  # noqa: S608


def said_in(column: str, table: str, language: str) -> str:
    """SQL for a column of a document in one of our languages: the shop's own where there is no translation."""
    if not language:
        return f"{table}.{column}"
    return f"""COALESCE((SELECT t.{column} FROM catalog_translateddocument t
        WHERE t.product_id = {table}.product_id AND t.language = '{language}'), {table}.{column}) AS {column}"""  # noqa: S608


_NEEDED = {"card", "price_from", "price_to", "compare_at"}


@lru_cache
def _cards_statement(language: str, *currencies: str) -> str:
    rows = f"""(SELECT {said_in("card", "found", language)}, product_id, price_from, price_to, compare_at
        FROM catalog_productdocument AS found)"""  # noqa: S608  our own constants
    return f"""
        SELECT e.shelves, e.figures, e.at_ms, list.* FROM {EDITION} AS e, (
            SELECT array_agg(page.product_id), string_agg({card_sql(*currencies)}, E'\\v')
            FROM (SELECT %s::numeric AS rate) AS w, {rows} AS page
            WHERE page.product_id = ANY(%s)) AS list"""  # noqa: S608  our own constants


@lru_cache
def card_sql(base: str, second: str) -> str:
    """SQL for a row of `page`: the stored card, a new line, and what goes before its last brace."""
    places = exponent(base)
    amounts = {"price": "price_from", "price_to": "price_to", "compare_at_price": "compare_at"}
    local = {
        f"local_{price}": in_second_currency(f"round(page.{column}, {places})", second)
        for price, column in amounts.items()
    }
    values = {"is_in_stock": f"({in_stock('page')})::text", **local}
    added = " || ".join(f"""',"{key}":' || {value}""" for key, value in values.items())
    return f"page.card::text || (E'\\n' || {added} || '}}')"


def conditions_of(documents: QuerySet[ProductDocument]) -> tuple[str, tuple[Any, ...]]:
    """The queryset's conditions alone: to have the ORM write the whole statement takes as long as to run it.

    The driver writes the values into them. A statement that is planned once for all values would be planned for a rare
    grade and then asked for a common one, which takes ten times as long.
    """
    if not documents.query.where:
        return "", ()
    compiler = documents.query.get_compiler(documents.db)
    conditions, params = compiler.compile(documents.query.where)
    connection.ensure_connection()
    written = ClientCursor(connection.connection).mogrify(f"WHERE {conditions}", params)
    return written.replace("%", "%%"), ()


def quoted(value: str | Sequence[str]) -> str:
    """The value as it stands in the text of a statement that has other parameters too."""
    return sql.Literal(value).as_string().replace("%", "%%")
