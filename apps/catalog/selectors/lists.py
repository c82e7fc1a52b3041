"""Pages of cards, put together by the database and sent as they come."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from apps.catalog.models import ProductDocument
from apps.catalog.selectors.editions import EDITION, EditionNow, Window, in_second_currency
from apps.catalog.selectors.stock import in_stock
from apps.common.money import exponent


class Ordering(NamedTuple):
    """Columns of `ProductDocument` that order a list; the last one is unique, so that pages never overlap."""

    columns: tuple[str, str]
    direction: str = ""

    def of(self, table: str) -> str:
        return ", ".join(f"{table}.{column}{self.direction}" for column in self.columns)


ORDERINGS = {
    "-published_at": Ordering(("published_at", "product_id"), " DESC"),
    "published_at": Ordering(("published_at", "product_id")),
    "price": Ordering(("price_from", "product_id")),
    "-price": Ordering(("price_from", "product_id"), " DESC"),
    "name": Ordering(("sort_name", "product_id")),
    "-name": Ordering(("sort_name", "product_id"), " DESC"),
}


@dataclass(frozen=True, slots=True)
class CardPage:
    """One page of a list: finished JSON objects with commas between, how many, and how many there are on all pages."""

    edition: EditionNow
    cards: str
    size: int
    count: int


def page_of_cards(
    documents: QuerySet[ProductDocument],
    window: Window,
    *,
    ordering: Ordering,
    offset: int,
    limit: int,
    count_key: str | None = None,
) -> CardPage:
    """One page of the given documents, in one statement.

    `count_key` names the kept count that holds for them (see `DocumentCount`); without it they are counted. Offset and
    limit are written into the statement, because PostgreSQL plans for the few rows only when it sees the numbers.
    """
    where, params = _where(documents)
    counted = (count_key,) if count_key is not None else params
    known = window.counts.get((where, *counted))
    statement = _statement(
        where, ordering, offset, limit, _counting(where, count_key) if known is None else None, *_currencies()
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, (*(counted if known is None else ()), window.money.rate, *params))
        shelves, figures, at_ms, count, size, cards = cursor.fetchone()
    edition = EditionNow(shelves, figures, at_ms)
    if known is None and window.holds_at(edition):
        window.counts[where, *counted] = count
    return CardPage(edition, cards.replace("}\n", ""), size, count if known is None else known)


def _currencies() -> tuple[str, str]:
    return settings.BASE_CURRENCY, settings.SECOND_CURRENCY


def _counting(where: str, count_key: str | None) -> str:
    if count_key is not None:
        return "SELECT SUM(documents) FROM catalog_documentcount WHERE key = %s"
    return f"SELECT COUNT(*) FROM catalog_productdocument {where}"  # noqa: S608  the ORM wrote it


@lru_cache(maxsize=500)
def _statement(
    where: str, ordering: Ordering, offset: int, limit: int, counting: str | None, base: str, second: str
) -> str:
    columns = ", ".join(sorted(_NEEDED.union(ordering.columns)))
    count = "NULL" if counting is None else f"COALESCE(({counting}), 0)"
    return f"""
        SELECT e.shelves, e.figures, e.at_ms, {count}, list.size, list.cards FROM {EDITION} AS e, (
            SELECT COUNT(*) AS size, COALESCE(string_agg({_card(base, second)}, ','), '') AS cards
            FROM (SELECT %s::numeric AS rate) AS w, (
                SELECT {columns} FROM catalog_productdocument {where}
                ORDER BY {ordering.of("catalog_productdocument")} LIMIT {limit:d} OFFSET {offset:d}) AS page
        ) AS list"""  # noqa: S608  our own words and whole numbers


_NEEDED = {"card", "product_id", "price_from", "price_to", "compare_at"}


@lru_cache
def _card(base: str, second: str) -> str:
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


def _where(documents: QuerySet[ProductDocument]) -> tuple[str, tuple[Any, ...]]:
    """The queryset's conditions alone: to have the ORM write the whole statement takes as long as to run it."""
    if not documents.query.where:
        return "", ()
    compiler = documents.query.get_compiler(documents.db)
    conditions, params = compiler.compile(documents.query.where)
    return f"WHERE {conditions}", tuple(params)
