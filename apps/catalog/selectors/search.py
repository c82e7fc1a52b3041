"""What a search finds: pages of cards in the order of how well they fit, what to highlight, and suggestions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import orjson
from django.db import connection

from apps.catalog.documents import About, Image
from apps.catalog.selectors.editions import EDITION, EditionNow, Plain, Window
from apps.catalog.selectors.facets import facets_sql
from apps.catalog.selectors.lists import (
    ORDERINGS,
    CardList,
    CardPage,
    Slice,
    card_sql,
    conditions_of,
    currencies,
    finished_cards,
    said_in,
)
from apps.catalog.selectors.typed import FITS, Understood, understand
from apps.catalog.words import fold

RANKED = 500  # of very many products the most popular are compared by their names; the rest follow by popularity
SUGGESTED = 8
SNIPPET = 160  # letters
_WORD = re.compile(r"[^\W_]+")


class Fragment(TypedDict):
    """A stretch of text; put together in their order, the stretches are the whole of it."""

    text: str
    is_match: bool


class Highlight(TypedDict):
    """What of a product fits the search, as plain text: nothing in it is HTML."""

    name: list[Fragment]
    description: Annotated[list[Fragment], About("Around the first word that fits; empty if none does.")]


RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True)
class FoundPage(CardPage):
    """Cards that know what of them fits; `is_partial` where no product has all that was said."""

    is_partial: bool = False
    did_you_mean: str | None = None


def page_of_found(wanted: CardList, understood: Understood, part: Slice, window: Window) -> FoundPage:
    """One page of what fits, with counts and facets of the same snapshot, in one statement.

    `wanted.documents` are those that fit the filters; what fits the search as well is counted and shown.
    """
    where, params = conditions_of(wanted.documents)
    facets, facet_params = facets_sql(wanted.facets)
    found, found_params = _found(understood, where, wanted.ordering, part)
    statement = _statement(where, facets, found, wanted.ordering, part, wanted.language)
    before = (understood.strict, *params, *understood.fits, *facet_params, window.money.rate)
    with connection.cursor() as cursor:
        cursor.execute(statement, (*before, *params, *found_params))
        shelves, figures, at_ms, has_all, count, counts, cards, names, descriptions = cursor.fetchone()
    finished = finished_cards(cards)
    marked = [
        _with_highlight(card, _highlight(name, description, understood.marks))
        for card, name, description in zip(finished, names or (), descriptions or (), strict=True)
    ]
    is_partial = bool(finished) and not has_all and not understood.codes
    edition, meant = EditionNow(shelves, figures, at_ms), understood.did_you_mean
    return FoundPage(edition, marked, count, counts, is_partial=is_partial, did_you_mean=meant)


def _statement(where: str, facets: str, found: str, ordering: str, part: Slice, language: str) -> str:
    order = _BEST_FIRST if ordering == RELEVANCE else ORDERINGS[ordering].of("catalog_productdocument")
    texts = ", ".join(said_in(column, "found", language) for column in ("card", "name", "description"))
    return f"""
        SELECT e.shelves, e.figures, e.at_ms,
            EXISTS (SELECT FROM catalog_searchtext t WHERE t.vector @@ %s::tsquery),
            (SELECT COUNT(*) FROM {_fitting(where)}), {facets}, list.*
        FROM {EDITION} AS e, (
            SELECT string_agg({card_sql(*currencies())}, E'\\v'), array_agg(page.name), array_agg(page.description)
            FROM (SELECT %s::numeric AS rate) AS w, (
                SELECT {texts}, product_id, price_from, price_to, compare_at FROM (
                SELECT card, product_id, price_from, price_to, compare_at, name, description
                FROM catalog_productdocument JOIN ({found}) AS scored ON found_id = product_id
                ORDER BY {order} LIMIT {part.limit:d} OFFSET {part.offset:d}) AS found) AS page) AS list"""  # noqa: S608


def _fitting(where: str) -> str:
    """What is searched, narrowed by filters: only then the documents themselves are looked at."""
    join = "JOIN catalog_productdocument ON catalog_productdocument.product_id = t.product_id"
    return f"catalog_searchtext t {f'{join} {where} AND' if where else 'WHERE'} ({FITS})"


_BEST_FIRST = "score DESC NULLS LAST, popularity DESC, published_at DESC, product_id DESC"


def _found(understood: Understood, where: str, ordering: str, part: Slice) -> tuple[str, tuple[Any, ...]]:
    """SQL for what fits, each with its score.

    A code comes first, then names that are nearly what was said; the places of the words decide between those alike.
    Among equals the newer one stands first, which also keeps PostgreSQL from reading all of the popularity's index,
    with whatever lies dead in it, for each product that it looks up.
    """
    fits = understood.fits
    if ordering != RELEVANCE:
        return _once("found", f"SELECT t.product_id AS found_id FROM {_fitting(where)}"), fits  # noqa: S608
    codes = understood.codes
    most = f"WHERE place <= {RANKED}" if part.offset + part.limit <= RANKED else ""
    by_code = "t.codes && %s::text[] DESC, " if codes else ""
    placed = f"""
        SELECT t.product_id, row_number() OVER (
            ORDER BY {by_code}popularity DESC, published_at DESC, t.product_id DESC) AS place
        FROM catalog_searchtext t
        JOIN catalog_productdocument ON catalog_productdocument.product_id = t.product_id
        {f"{where} AND" if where else "WHERE"} ({FITS})"""  # noqa: S608
    scored = f"""
        SELECT s.product_id AS found_id, CASE WHEN place <= {RANKED} THEN
            CASE WHEN s.codes && %s::text[] THEN 100 ELSE 0 END + similarity(s.name, %s) + word_similarity(%s, s.name)
            + ts_rank('{{0.02, 0.05, 0.2, 1.0}}', s.vector, %s::tsquery) END AS score
        FROM ({_once("placed", placed)}) AS placed JOIN catalog_searchtext s USING (product_id) {most}"""  # noqa: S608
    score_params = (codes, understood.said, understood.said, understood.loose)
    return _once("scored", scored), (*score_params, *([codes] if codes else []), *fits)


def _once(name: str, query: str) -> str:
    """The query, computed once whatever it is joined with: PostgreSQL cannot guess how many a search will find."""
    return f"WITH {name} AS MATERIALIZED ({query}) SELECT * FROM {name}"  # noqa: S608


def _highlight(name: str, description: str, marks: frozenset[str]) -> Highlight:
    return {"name": _fragments(name, marks), "description": _snippet(description, marks)}


def _with_highlight(card: str, highlight: Highlight) -> str:
    return f'{card[:-1]},"highlight":{orjson.dumps(highlight).decode()}}}'


def _snippet(text: str, marks: frozenset[str]) -> list[Fragment]:
    first = next((word.start() for word in _WORD.finditer(text) if _fits(word.group(), marks)), None)
    if first is None:
        return []
    start = 0 if first < SNIPPET // 2 else text.rfind(" ", 0, first - SNIPPET // 4) + 1
    end = len(text) if len(text) - start <= SNIPPET else text.rfind(" ", start, start + SNIPPET)
    return _fragments(text[start : max(end, start + 1)], marks)


def _fragments(text: str, marks: frozenset[str]) -> list[Fragment]:
    fragments: list[Fragment] = []
    at = 0
    for word in _WORD.finditer(text):
        if _fits(word.group(), marks):
            if word.start() > at:
                fragments.append({"text": text[at : word.start()], "is_match": False})
            fragments.append({"text": word.group(), "is_match": True})
            at = word.end()
    if at < len(text):
        fragments.append({"text": text[at:], "is_match": False})
    return fragments


def _fits(word: str, marks: frozenset[str]) -> bool:
    """The word, or one that begins with it or with all but its ending: `sword` for `swords`."""
    folded = fold(word)
    return folded in marks or any(len(mark) > 3 and folded.startswith(mark[: max(4, len(mark) - 1)]) for mark in marks)


class SuggestedProduct(TypedDict):
    slug: str
    name: list[Fragment]
    image: Image | None


class Suggestions(TypedDict):
    """What somebody who is typing may mean."""

    did_you_mean: Annotated[str | None, About("The words as they were understood, if some were misspelt.")]
    products: list[SuggestedProduct]


def suggestions(typed: str, language: str = "") -> Plain:
    """`Suggestions`: the few products that fit best what was typed so far."""
    understood = understand(typed, is_typing=True)
    found, params = _found(understood, "", RELEVANCE, Slice(SUGGESTED))
    statement = f"""
        SELECT e.shelves, e.figures, e.at_ms, list.told FROM {EDITION} AS e, (
            SELECT json_agg(card ORDER BY {_BEST_FIRST}) AS told FROM (
            SELECT {said_in("card", "found", language)}, score, popularity, published_at, product_id FROM (
            SELECT card, score, popularity, published_at, product_id FROM catalog_productdocument
            JOIN ({found}) AS scored ON found_id = product_id
            ORDER BY {_BEST_FIRST} LIMIT {SUGGESTED}) AS found) AS first) AS list"""  # noqa: S608  our own constants
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        *edition, told = cursor.fetchone()
    cards = (orjson.loads(told) if isinstance(told, str) else told) or []
    suggested: Suggestions = {
        "did_you_mean": understood.did_you_mean,
        "products": [
            {"slug": card["slug"], "name": _fragments(card["name"], understood.marks), "image": card["image"]}
            for card in cards
        ],
    }
    return Plain(suggested, EditionNow(*edition))
