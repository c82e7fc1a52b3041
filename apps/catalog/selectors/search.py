"""What a search finds: pages of cards in the order of how well they fit, what to highlight, and suggestions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import orjson
from django.db import connection

from apps.catalog.documents import About, Image
from apps.catalog.selectors.editions import BEHIND, EDITION, EditionNow, Window
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

RANKED = 2000  # how many of very many products are compared by their names; the rest follow by popularity
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


def page_of_found(wanted: CardList, understood: Understood, part: Slice, window: Window) -> FoundPage:
    """One page of what fits, with counts and facets of the same snapshot, in one statement.

    `wanted.documents` are those that fit the filters; what fits the search as well is counted and shown.
    """
    fitting, all_params = conditions_of(understood.narrow(wanted.documents))
    where, params = conditions_of(wanted.documents)
    facets, facet_params = facets_sql(wanted.facets)
    statement = _statement(where, fitting, facets, wanted.ordering, part, wanted.language)
    before = (understood.strict, *all_params, *facet_params, window.money.rate)
    with connection.cursor() as cursor:
        cursor.execute(statement, (*before, *_scored(understood), *params))
        shelves, figures, at_ms, has_all, count, counts, cards, names, descriptions = cursor.fetchone()
    finished = finished_cards(cards)
    marked = [
        _with_highlight(card, _highlight(name, description, understood.marks))
        for card, name, description in zip(finished, names or (), descriptions or (), strict=True)
    ]
    is_partial = bool(finished) and not has_all and not understood.codes
    return FoundPage(EditionNow(shelves, figures, at_ms), marked, count, counts, is_partial=is_partial)


def _statement(where: str, fitting: str, facets: str, ordering: str, part: Slice, language: str) -> str:
    order = f"{_BEST_FIRST}, product_id" if ordering == RELEVANCE else ORDERINGS[ordering].of("catalog_productdocument")
    texts = ", ".join(said_in(column, "found", language) for column in ("card", "name", "description"))
    return f"""
        SELECT e.shelves, e.figures, e.at_ms,
            EXISTS (SELECT FROM catalog_searchtext t WHERE t.vector @@ %s::tsquery),
            (SELECT COUNT(*) FROM catalog_productdocument {fitting}), {facets}, list.*
        FROM {EDITION} AS e, (
            SELECT string_agg({card_sql(*currencies())}, E'\\v'), array_agg(page.name), array_agg(page.description)
            FROM (SELECT %s::numeric AS rate) AS w, (
                SELECT {texts}, product_id, price_from, price_to, compare_at FROM (
                SELECT card, product_id, price_from, price_to, compare_at, name, description
                FROM catalog_productdocument
                JOIN ({_SCORED}) AS found ON found_id = catalog_productdocument.product_id {where}
                ORDER BY {order} LIMIT {part.limit:d} OFFSET {part.offset:d}) AS found) AS page) AS list"""  # noqa: S608


_BEST_FIRST = "score DESC NULLS LAST, popularity DESC"

# Codes come first, then names that are nearly what was said; the places of the words decide between those alike.
_SCORED = f"""
    SELECT t.product_id AS found_id, CASE WHEN row_number() OVER () <= {RANKED} THEN
        CASE WHEN t.codes && %s::text[] THEN 100 ELSE 0 END + similarity(t.name, %s) + word_similarity(%s, t.name)
        + ts_rank('{{0.02, 0.05, 0.2, 1.0}}', t.vector, %s::tsquery) END AS score
    FROM catalog_searchtext t WHERE {FITS}"""  # noqa: S608  our own constants


def _scored(understood: Understood) -> tuple[Any, ...]:
    strict, loose, codes = understood.fits
    return (codes, understood.said, understood.said, loose, strict, loose, codes)


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


@dataclass(frozen=True, slots=True)
class Suggested:
    """Suggestions; if the documents are behind the clock (`Window.is_behind`), they are to be asked for again."""

    told: Suggestions
    is_behind: bool


def suggestions(typed: str, language: str = "") -> Suggested:
    """The few products that fit best what was typed so far."""
    understood = understand(typed, is_typing=True)
    statement = f"""
        SELECT json_agg(card ORDER BY {_BEST_FIRST}, product_id), {BEHIND} FROM (
            SELECT {said_in("card", "found", language)}, score, popularity, product_id FROM (
            SELECT card, score, popularity, product_id FROM catalog_productdocument
            JOIN ({_SCORED}) AS found ON found_id = product_id
            ORDER BY {_BEST_FIRST}, product_id LIMIT {SUGGESTED}) AS found) AS first"""  # noqa: S608  our own constants
    with connection.cursor() as cursor:
        cursor.execute(statement, _scored(understood))
        found, is_behind = cursor.fetchone()
    cards = (orjson.loads(found) if isinstance(found, str) else found) or []
    told: Suggestions = {
        "did_you_mean": understood.did_you_mean,
        "products": [
            {"slug": card["slug"], "name": _fragments(card["name"], understood.marks), "image": card["image"]}
            for card in cards
        ],
    }
    return Suggested(told, is_behind)
