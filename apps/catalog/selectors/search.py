"""What a search finds: pages of cards in the order of how well they fit, what to highlight, and suggestions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
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
    quoted,
    said_in,
)
from apps.catalog.selectors.typed import Understood, understand
from apps.catalog.words import fold

RANKED = 300  # of very many products that fit the most popular are ranked; the rest follow by popularity
COMPARED = 100  # of those the first are compared by their names letter by letter, which takes ten times as long
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
    where, _ = conditions_of(wanted.documents)
    facets, facet_params = facets_sql(wanted.facets)
    counted = f"SELECT COUNT(*) AS n FROM {_fitting(where, understood)}"  # noqa: S608  our own words
    best, best_params = _best(understood, where, counted, wanted.ordering, part)
    texts = ", ".join(said_in(column, "found", wanted.language) for column in ("card", "name", "description"))
    statement = f"""
        WITH {best}
        SELECT e.shelves, e.figures, e.at_ms, (SELECT has_all FROM meant), (SELECT n FROM counted), {facets}, list.*
        FROM {EDITION} AS e, (
            SELECT string_agg({card_sql(*currencies())}, E'\\v'), array_agg(page.name), array_agg(page.description)
            FROM (SELECT %s::numeric AS rate) AS w, (
                SELECT {texts}, product_id, price_from, price_to, compare_at
                FROM best JOIN catalog_productdocument AS found USING (product_id) ORDER BY {_BEST_FIRST}
            ) AS page) AS list"""  # noqa: S608  our own words
    with connection.cursor() as cursor:
        cursor.execute(statement, (*best_params, *facet_params, window.money.rate))
        shelves, figures, at_ms, has_all, count, counts, cards, names, descriptions = cursor.fetchone()
    finished = finished_cards(cards)
    marks = _Marks.of(understood.marks)
    marked = [
        _with_highlight(card, _highlight(name, description, marks))
        for card, name, description in zip(finished, names or (), descriptions or (), strict=True)
    ]
    is_partial = bool(finished) and not has_all and not understood.codes
    edition, meant = EditionNow(shelves, figures, at_ms), understood.did_you_mean
    return FoundPage(edition, marked, count, counts, is_partial=is_partial, did_you_mean=meant)


_BEST_FIRST = "score DESC NULLS LAST, place"
_MEANT = "(SELECT fits FROM meant)"


def _best(understood: Understood, where: str, counted: str, ordering: str, part: Slice) -> tuple[str, tuple[Any, ...]]:
    """Queries for a WITH, with their parameters: what is `meant` by what was said, how many fit it as the caller has
    them `counted`, and the `best` of them.

    A code comes first, then names that are nearly what was said; the places of the words decide between those alike,
    and then what sells better.
    """
    strict, loose = _query(understood.strict), _query(understood.loose)
    fits = loose if strict == loose else f"catalog_either({strict}, {loose})"
    has_all = f"SELECT fits, fits = {strict} AS has_all FROM (SELECT {fits} AS fits) AS either"  # noqa: S608
    queries = f"meant AS MATERIALIZED ({has_all}), counted AS MATERIALIZED ({counted})"
    cut = f"ORDER BY {_BEST_FIRST} LIMIT {part.limit:d} OFFSET {part.offset:d}"
    if ordering != RELEVANCE:
        place = f"row_number() OVER (ORDER BY {ORDERINGS[ordering].of('catalog_productdocument')})"
        fitting = _fitting(where, understood, needs_documents=True)
        best = f"SELECT t.product_id, NULL AS score, {place} AS place FROM {fitting} {cut}"  # noqa: S608
        return f"{queries}, best AS MATERIALIZED ({best})", ()
    is_near = part.offset + part.limit <= COMPARED
    popular = f"row_number() OVER (ORDER BY {_codes_first(understood)} popularity DESC, product_id DESC)"
    best = f"""
        SELECT product_id, place, CASE WHEN place <= {COMPARED} THEN
            rank + similarity(name, %s) + word_similarity(%s, name) END AS score
        FROM (
            SELECT *, row_number() OVER (ORDER BY rank DESC NULLS LAST, popular) AS place FROM (
                SELECT product_id, t.name, popular, CASE WHEN popular <= {RANKED} THEN
                    CASE WHEN {_has_code(understood)} THEN 100 ELSE 0 END
                    + ts_rank('{{0.02, 0.05, 0.2, 1.0}}', t.vector, {_query(understood.loose)}) END AS rank
                FROM (SELECT *, {popular} AS popular FROM fitting AS t) AS placed
                JOIN catalog_searchtext t USING (product_id)) AS ranked) AS compared
        {f"WHERE place <= {COMPARED}" if is_near else ""} {cut}"""  # noqa: S608  our own words
    fitting = f"SELECT t.product_id, popularity, t.codes FROM {_fitting(where, understood, needs_documents=True)}"  # noqa: S608
    if is_near:
        fitting = _most_popular(fitting, where, understood)
    queries = f"{queries}, fitting AS MATERIALIZED ({fitting}), best AS MATERIALIZED ({best})"
    return queries, (understood.said, understood.said)


_MANY = "(SELECT sqrt(200.0 * SUM(documents)) FROM catalog_documentcount WHERE key = 'all')"
"""From so many on it is quicker to go through all products, the most popular first, until enough are found that fit."""


def _most_popular(fitting: str, where: str, understood: Understood) -> str:
    """PostgreSQL cannot guess how many will fit, so it is told both ways and takes the better one."""
    first = f"{_codes_first(understood)} popularity DESC, product_id DESC LIMIT {RANKED}"
    if understood.codes:
        return f"{fitting} ORDER BY {first}"
    narrowed = f"{where} AND" if where else "WHERE"
    return f"""
        ({fitting} AND (SELECT n FROM counted) <= {_MANY} ORDER BY {first})
        UNION ALL
        (SELECT product_id, popularity, t.codes FROM catalog_productdocument CROSS JOIN LATERAL (
            SELECT codes FROM catalog_searchtext t
            WHERE t.product_id = catalog_productdocument.product_id AND t.vector @@ {_MEANT} OFFSET 0) AS t
        {narrowed} (SELECT n FROM counted) > {_MANY} ORDER BY {first})"""  # noqa: S608  our own words


def _fitting(where: str, understood: Understood, *, needs_documents: bool = False) -> str:
    """What is searched, narrowed by filters: only then, or when told, the documents themselves are looked at."""
    join = "JOIN catalog_productdocument ON catalog_productdocument.product_id = t.product_id"
    code = f"OR {_has_code(understood)}" if understood.codes else ""
    narrowed = f"{where} AND" if where else "WHERE"
    return f"catalog_searchtext t {join if where or needs_documents else ''} {narrowed} (t.vector @@ {_MEANT} {code})"


def _query(text: str) -> str:
    return f"{quoted(text)}::tsquery"


def _has_code(understood: Understood) -> str:
    return f"t.codes && {quoted(understood.codes)}::text[]" if understood.codes else "false"


def _codes_first(understood: Understood) -> str:
    return f"({_has_code(understood)}) DESC," if understood.codes else ""


@dataclass(frozen=True, slots=True)
class _Marks:
    """Words to be highlighted, and what all but the ending of a longer one is: `sword` for `swords`."""

    words: frozenset[str]
    beginnings: tuple[str, ...]

    @classmethod
    def of(cls, words: frozenset[str]) -> _Marks:
        return cls(words, tuple(word[: max(4, len(word) - 1)] for word in words if len(word) > 3))

    def fit(self, word: str) -> bool:
        folded = _folded(word)
        return folded in self.words or folded.startswith(self.beginnings)


_folded = lru_cache(maxsize=20_000)(fold)  # products are told in the same words again and again


def _highlight(name: str, description: str, marks: _Marks) -> Highlight:
    return {"name": _fragments(name, marks), "description": _snippet(description, marks)}


def _with_highlight(card: str, highlight: Highlight) -> str:
    return f'{card[:-1]},"highlight":{orjson.dumps(highlight).decode()}}}'


def _snippet(text: str, marks: _Marks) -> list[Fragment]:
    first = next((word.start() for word in _WORD.finditer(text) if marks.fit(word.group())), None)
    if first is None:
        return []
    start = 0 if first < SNIPPET // 2 else text.rfind(" ", 0, first - SNIPPET // 4) + 1
    end = len(text) if len(text) - start <= SNIPPET else text.rfind(" ", start, start + SNIPPET)
    return _fragments(text[start : max(end, start + 1)], marks)


def _fragments(text: str, marks: _Marks) -> list[Fragment]:
    fragments: list[Fragment] = []
    at = 0
    for word in _WORD.finditer(text):
        if marks.fit(word.group()):
            if word.start() > at:
                fragments.append({"text": text[at : word.start()], "is_match": False})
            fragments.append({"text": word.group(), "is_match": True})
            at = word.end()
    if at < len(text):
        fragments.append({"text": text[at:], "is_match": False})
    return fragments


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
    some = f"SELECT FROM {_fitting('', understood)} LIMIT (SELECT {_MANY}::int + 1)"
    counted = f"SELECT COUNT(*) AS n FROM ({some}) AS enough"  # noqa: S608
    best, params = _best(understood, "", counted, RELEVANCE, Slice(SUGGESTED))
    statement = f"""
        WITH {best}
        SELECT e.shelves, e.figures, e.at_ms, (
            SELECT json_agg(card ORDER BY {_BEST_FIRST}) FROM (
                SELECT {said_in("card", "found", language)}, score, place
                FROM best JOIN catalog_productdocument AS found USING (product_id)) AS first)
        FROM {EDITION} AS e"""  # noqa: S608  our own constants
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        *edition, told = cursor.fetchone()
    cards = (orjson.loads(told) if isinstance(told, str) else told) or []
    marks = _Marks.of(understood.marks)
    suggested: Suggestions = {
        "did_you_mean": understood.did_you_mean,
        "products": [
            {"slug": card["slug"], "name": _fragments(card["name"], marks), "image": card["image"]} for card in cards
        ],
    }
    return Plain(suggested, EditionNow(*edition))
