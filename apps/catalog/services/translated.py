"""Documents in other languages, written in the transaction that writes the document itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db import connection

from apps.catalog import documents
from apps.catalog.documents import DetailDocument, ProductParts
from apps.catalog.models import TranslatedDocument
from apps.common import sql

_FORGET = """
DELETE FROM catalog_translateddocument t WHERE product_id = ANY(%s::bigint[]) AND NOT EXISTS (
    SELECT FROM unnest(%s::bigint[], %s::text[]) AS said(product_id, language)
    WHERE said.product_id = t.product_id AND said.language = t.language)
"""


def write_translated(parts: Collection[ProductParts]) -> dict[int, list[DetailDocument]]:
    """Make the translated documents what they shall be, and return their pages by product, for the search.

    Where nothing is or was translated, PostgreSQL is not asked: `_lock` has told which products were.
    """
    rows = [_row(part, language) for part in parts for language in documents.languages_of(part)]
    before = [part.product.pk for part in parts if _was_translated(part.product)]
    if before:
        said = [(row["product_id"], row["language"]) for row in rows]
        keys, languages = (list(column) for column in zip(*said, strict=True)) if said else ([], [])
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, [before, keys, languages])
    sql.put_rows(TranslatedDocument, rows, unique=["product_id", "language"])
    pages: dict[int, list[DetailDocument]] = defaultdict(list)
    for row in rows:
        pages[row["product_id"]].append(row["detail"])
    return pages


def _was_translated(product: Any) -> bool:
    """A product that was not locked is a new one, of which there is nothing yet."""
    return bool(getattr(product, "was_translated", False))


def _row(parts: ProductParts, language: str) -> dict[str, Any]:
    said = documents.in_language(parts, language)
    prices = documents.prices_of(said)
    card = documents.card_of(said, prices)
    return {
        "product_id": parts.product.pk,
        "language": language,
        "card": card,
        "detail": documents.detail_of(said, prices, card),
        "name": said.product.name,
        "description": said.product.description,
    }
