"""How typed words are understood: other spellings, terms that staff say mean the same, and misspelt words.

One statement looks everything up. Words that PostgreSQL's text
search finds something for are taken as they are; only others are compared with the words of the documents, by their
trigrams, so that a misspelt word costs more and a right one does not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from apps.catalog.models import ProductDocument
from apps.catalog.words import as_roman, code_of, distance, parts_of, words_of

MOST_LETTERS = 100
MOST_CHUNKS = 10
LONGEST_SYNONYM = 3  # words
MOST_CORRECTIONS = 3  # of one word

_FITS = "t.vector @@ (SELECT catalog_either(%s::tsquery, %s::tsquery)) OR t.codes && %s::text[]"
"""All that was said if there is such a product, or else some of it; a code in any case. See `Understood.fits`."""

_FOUND = f"catalog_productdocument.product_id IN (SELECT t.product_id FROM catalog_searchtext t WHERE {_FITS})"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Understood:
    """What was typed, as PostgreSQL is asked for it: `said` for comparing names, `marks` for what to highlight."""

    said: str
    strict: str
    loose: str
    codes: list[str]
    marks: frozenset[str]
    did_you_mean: str | None

    @property
    def fits(self) -> tuple[str, str, list[str]]:
        """The parameters of `_FITS`."""
        return self.strict, self.loose, self.codes

    def narrow(self, documents: QuerySet[ProductDocument]) -> QuerySet[ProductDocument]:
        """What fits, so that the filters, orders and counts of lists hold for a search as well."""
        found = RawSQL(_FOUND, self.fits, output_field=BooleanField())  # noqa: S611  our own constant
        return documents.filter(found)


class _Term(NamedTuple):
    """Words with the query for them."""

    text: str
    query: str


@dataclass(frozen=True, slots=True)
class _Word:
    query: str
    is_known: bool
    is_stop: bool
    alike: list[_Term]


@dataclass(slots=True)
class _Place:
    """One or a few chunks of what was typed, and every way in which they may be meant; none if nobody knows them."""

    text: str
    ways: list[_Term] = field(default_factory=list)
    correction: str | None = None
    is_stop: bool = False

    @property
    def said(self) -> str:
        return self.correction or self.text

    @property
    def query(self) -> str:
        return "(" + " | ".join(f"({way.query})" for way in self.ways) + ")"


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says of all that may be meant."""

    words: dict[str, _Word]
    synonyms: list[list[_Term]]
    has_code: bool

    def same_as(self, text: str) -> list[_Term]:
        groups = [group for group in self.synonyms if any(term.text == text for term in group)]
        return [term for group in groups for term in group if term.text != text]

    def all_of(self, words: Sequence[str]) -> list[_Term]:
        """One way: these words together, if there are documents with each."""
        if not words or not all(self.words[word].is_known for word in words):
            return []
        return [_Term(" ".join(words), " & ".join(f"({self.words[word].query})" for word in words))]


def understand(typed: str, *, is_typing: bool = False) -> Understood:
    """Find out what was meant. While somebody is typing, the last word may be the beginning of one."""
    text = typed.replace("\0", " ")[:MOST_LETTERS]
    chunks = [chunk for chunk in text.split() if parts_of(chunk)][:MOST_CHUNKS]
    code = code_of(text)
    known = _look_up(chunks, code)
    places = _places(chunks, known)
    if is_typing and places:
        last = words_of(chunks[-1])[-1]
        places[-1].ways.append(_Term(last, f"'{last}':*"))
    return _understood(places, [code] if known.has_code else [])


def _understood(places: list[_Place], codes: list[str]) -> Understood:
    telling = [place for place in places if not place.is_stop] or places
    strict = " & ".join(place.query for place in telling) if all(place.ways for place in telling) else ""
    corrected = " ".join(place.said for place in places)
    is_corrected = any(place.correction for place in places) and not codes
    return Understood(
        said=" ".join(words_of(corrected)),
        strict=strict,
        loose=strict if codes else " | ".join(place.query for place in telling if place.ways),
        codes=codes,
        marks=frozenset(word for place in telling for way in place.ways for word in way.text.split()),
        did_you_mean=corrected if is_corrected else None,
    )


def _places(chunks: Sequence[str], known: _Known) -> list[_Place]:
    places, at = [], 0
    while at < len(chunks):
        place, length = _place(chunks[at : at + LONGEST_SYNONYM], known)
        places.append(place)
        at += length
    return places


def _place(ahead: Sequence[str], known: _Known) -> tuple[_Place, int]:
    """What the next chunks mean, and how many of them belong together."""
    for length in range(len(ahead), 0, -1):
        text = _plain(ahead[:length])
        if same := known.same_as(text):
            return _Place(text, [*known.all_of(words_of(text)), *same]), length
    if len(ahead) > 1 and (joined := known.all_of([_joined(ahead[:2])])):
        return _Place(_plain(ahead[:2]), [*joined, *known.all_of(words_of(_plain(ahead[:2])))]), 2
    return _single(ahead[0], known), 1


def _single(chunk: str, known: _Known) -> _Place:
    words, joined = words_of(chunk), _joined([chunk])
    ways = dict.fromkeys(way for spelling in (words, [joined], parts_of(chunk)) for way in known.all_of(spelling))
    if ways:
        return _Place(chunk.casefold(), list(ways), is_stop=len(words) == 1 and known.words[words[0]].is_stop)
    roman = as_roman(joined)
    corrections = known.all_of([roman]) if roman else _corrections(joined, known.words[joined].alike)
    return _Place(chunk.casefold(), corrections, corrections[0].text if corrections else None)


def _corrections(word: str, alike: Iterable[_Term]) -> list[_Term]:
    """The nearest words, or else those that begin so: one letter may be wrong, in longer words two."""
    far = {term: distance(word, term.text) for term in alike}
    nearest = min(far.values(), default=0)
    if nearest <= (2 if len(word) > 5 else 1):
        return [term for term in far if far[term] == nearest][:MOST_CORRECTIONS]
    wrong = 1 if len(word) > 4 else 0
    return [term for term in far if distance(word, term.text[: len(word)]) <= wrong][:MOST_CORRECTIONS]


def _plain(chunks: Sequence[str]) -> str:
    return " ".join(words_of(" ".join(chunks)))


def _joined(chunks: Sequence[str]) -> str:
    return "".join(part for chunk in chunks for part in parts_of(chunk))


def _look_up(chunks: Sequence[str], code: str) -> _Known:
    asked = {word for chunk in chunks for word in (*words_of(chunk), *parts_of(chunk), _joined([chunk]))}
    asked |= {_joined(pair) for pair in itertools.pairwise(chunks)}
    asked |= {roman for word in asked if (roman := as_roman(word))}
    spans = {_plain(chunks[at : at + n]) for at in range(len(chunks)) for n in range(1, LONGEST_SYNONYM + 1)}
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_UP, [sorted(asked), sorted(spans), [code]])
        words, synonyms, has_code = cursor.fetchone()
    found = {
        word: _Word(_said_once(query), is_known, is_stop, _terms(alike or ()))
        for word, query, is_known, is_stop, alike in words or ()
    }
    return _Known(found, [_terms(group) for group in synonyms or ()], has_code)


def _terms(told: Iterable[tuple[str, str]]) -> list[_Term]:
    return [_Term(text, _said_once(query)) for text, query in told]


def _said_once(query: str) -> str:
    """Most words are the same in every language that they are stemmed in; each way more has to be looked for."""
    return query if "(" in query else " | ".join(dict.fromkeys(query.split(" | ")))


_LOOK_UP = """
WITH asked AS MATERIALIZED (
    SELECT word, query, EXISTS (SELECT FROM catalog_searchtext t WHERE t.vector @@ query) AS is_known
    FROM (SELECT word, catalog_query(word) AS query FROM unnest(%s::text[]) AS word OFFSET 0) AS given
)
SELECT
    (SELECT json_agg(json_build_array(word, query::text, is_known, catalog_is_stop_word(word),
        CASE WHEN NOT is_known THEN (
            SELECT json_agg(json_build_array(near.word, catalog_query(near.word)::text) ORDER BY score DESC, near.word)
            FROM (
                SELECT DISTINCT w.word, similarity(w.word, asked.word) AS score FROM catalog_searchword w
                WHERE w.word %% asked.word OR w.word LIKE asked.word || '%%' OR w.word LIKE left(asked.word, 2) || '%%'
                    AND length(w.word) BETWEEN length(asked.word) - 2 AND length(asked.word) + 2
                ORDER BY score DESC, w.word LIMIT 30
            ) AS near
            WHERE EXISTS (SELECT FROM catalog_searchtext t WHERE t.vector @@ catalog_query(near.word))
        ) END)) FROM asked),
    (SELECT json_agg((SELECT json_agg(json_build_array(term, catalog_query(term)::text)) FROM unnest(terms) AS term))
        FROM catalog_searchsynonym WHERE terms && %s::varchar[]),
    EXISTS (SELECT FROM catalog_searchtext WHERE codes && %s::text[])
"""
