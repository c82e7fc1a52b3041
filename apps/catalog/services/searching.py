"""What the search is made from, kept with the documents, and what it leaves behind."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error, connection
from django.db.models.functions import Now

from apps.catalog.models import ProductDocument, Search, SearchAction, SearchActionKind, SearchSynonym
from apps.catalog.words import code_of, spellings, spellings_of_label, words_of, words_of_label
from apps.common.ids import new_id

logger = logging.getLogger(__name__)

SHORTEST_WORD = 3  # that is offered in place of a misspelt one
LONGEST_WORD = 40
MOST_DIGITS = 6  # of a term that is kept
_NONE: Mapping[int, Sequence[Mapping[str, Any]]] = {}


def write_search_texts(
    details: Sequence[tuple[int, Mapping[str, Any]]], translated: Mapping[int, Sequence[Mapping[str, Any]]] = _NONE
) -> None:
    """Make documents searchable as they are now, in the caller's transaction: two statements for any number of them.

    They are found by the words of all their languages; `translated` has their pages in the others.
    """
    spoken: set[str] = set()
    rows = [_row(product_id, [detail, *translated.get(product_id, ())], spoken) for product_id, detail in details]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)])
        cursor.execute(_SPEAK, [sorted(word for word in spoken if _is_worth_offering(word))])


def _row(product_id: int, said: Sequence[Mapping[str, Any]], spoken: set[str]) -> tuple[int, str, str, str, str, str]:
    """The first page is in the shop's own language; by its name what was found is put into order.

    Words that may be offered in place of others go to `spoken`.
    """
    variants, names = said[0]["variants"], _once(detail["name"] for detail in said)
    labels = _once(text for detail in said for text in _around(detail))
    bodies = [words_of(text) for text in _once(_body(detail) for detail in said)]
    words = [words_of(name) for name in names]
    spoken.update(*words, *bodies, *(words_of_label(text) for text in labels))
    around = [*(spellings(variant["sku"]) for variant in variants), *(spellings_of_label(text) for text in labels)]
    codes = dict.fromkeys(code for v in variants for given in (v["sku"], v["barcode"]) if (code := code_of(given)))
    return (
        product_id,
        " ".join(words[0]),
        " ".join(codes),
        " ".join(word for name in names for word in spellings(name)),
        " ".join(itertools.chain.from_iterable(around)),
        " ".join(itertools.chain.from_iterable(bodies)),
    )


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _body(detail: Mapping[str, Any]) -> str:
    specified = (f"{row['label']} {row['value']}" for row in detail.get("specifications", ()))
    return " ".join([detail["description"], *specified])


def _around(detail: Mapping[str, Any]) -> list[str]:
    branches = [step["name"] for branch in detail["categories"] for step in branch["path"]]
    options = [str(value) for variant in detail["variants"] for value in variant["options"].values()]
    said = [str(value) for value in detail["attributes"].values()]
    return [*(tag["name"] for tag in detail["tags"]), *said, *branches, *options]


def _is_worth_offering(word: str) -> bool:
    return SHORTEST_WORD <= len(word) <= LONGEST_WORD and not word.isdigit()


_WRITE = """
INSERT INTO catalog_searchtext (product_id, name, codes, vector)
SELECT id, name, string_to_array(codes, ' '), setweight(catalog_vector(spelt), 'A')
    || setweight(catalog_vector(around), 'B') || setweight(catalog_vector(description), 'D')
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS given(id, name, codes, spelt, around, description)
ORDER BY id
ON CONFLICT (product_id) DO UPDATE SET name = excluded.name, codes = excluded.codes, vector = excluded.vector
"""
_SPEAK = """
INSERT INTO catalog_searchword (word) SELECT word FROM unnest(%s::text[]) AS given(word)
WHERE NOT EXISTS (SELECT FROM catalog_searchword known WHERE known.word = given.word)
"""


def log_search(*, typed: str, page: int, hits: int, is_partial: bool) -> UUID | None:
    """Write down that somebody searched, and return the search's id; None if it is not or cannot be written.

    What looks like an address, a phone or a document's number is somebody's own and not kept. A search that was
    answered must not fail because it cannot be counted.
    """
    if "@" in typed or sum(letter.isdigit() for letter in typed) > MOST_DIGITS:
        return None
    term = " ".join(words_of(typed))[:100]
    public_id = new_id()
    try:
        Search.objects.create(public_id=public_id, term=term, page=page, hits=hits, is_partial=is_partial)
    except Error as error:
        logger.warning("A search could not be logged: %s", error)
        return None
    return public_id


def note_action(*, search_id: UUID, slug: str, kind: SearchActionKind) -> None:
    """Count that a product which a search had found was opened or put into a cart; what is unknown counts nothing."""
    search = Search.objects.filter(public_id=search_id).first()
    document = ProductDocument.objects.filter(slug=slug).only("product_id").first()
    if search is not None and document is not None:
        SearchAction.objects.bulk_create(
            [SearchAction(search=search, product_id=document.product_id, kind=kind)], ignore_conflicts=True
        )


def sweep_searches() -> int:
    """Forget searches after SEARCH_LOG_KEEP_DAYS, and words that nothing says any more; returns how many searches."""
    old = Search.objects.filter(created_at__lt=Now() - timedelta(days=settings.SEARCH_LOG_KEEP_DAYS))
    SearchAction.objects.filter(search__in=old).delete()
    gone: int = old.delete()[0]
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_WORDS)
    return gone


_FORGET_WORDS = """
DELETE FROM catalog_searchword w WHERE NOT EXISTS (
    SELECT FROM catalog_searchtext t WHERE t.vector @@ plainto_tsquery('catalog_plain', w.word)
) OR EXISTS (SELECT FROM catalog_searchword other WHERE other.word = w.word AND other.id < w.id)
"""


def ensure_synonyms(*, groups: Iterable[Sequence[str]]) -> None:
    """Make groups of terms known that mean the same, and leave those that are."""
    for terms in groups:
        synonym = SearchSynonym(terms=list(terms))
        synonym.clean()
        if not SearchSynonym.objects.filter(terms__overlap=synonym.terms).exists():
            synonym.save()
