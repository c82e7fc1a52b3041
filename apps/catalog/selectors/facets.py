"""How many products of a list there are by category, tag, attribute and the like, as SQL for the list's statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from apps.catalog.selectors.stock import IN_STOCK
from apps.common.money import exponent

MOST_VALUES = 100
ATTRIBUTE = "attribute."

# Each gives a value to some or all of the documents; where nothing narrows them, the kept counts know it already.
_VALUES = {
    "category": "unnest(category_slugs)",
    "tags": "unnest(tag_slugs)",
    "product_type": "product_type",
    "is_featured": "is_featured::text",
    "on_offer": "(compare_at IS NOT NULL)::text",
    "is_in_stock": f"({IN_STOCK})::text",
}
_KEPT = {"category": "category", "tags": "tag", "product_type": "product_type"}
NAMES = [*_VALUES, "price"]
"""Beside `attribute.{code}`."""


@dataclass(frozen=True, slots=True)
class Facet:
    """Counts by the values of one thing, over the documents that fit every *other* condition of the list."""

    name: str
    where: str
    params: tuple[Any, ...]


def facets_sql(facets: Sequence[Facet]) -> tuple[str, tuple[Any, ...]]:
    """An expression for one JSON object as text, and its parameters."""
    if not facets:
        return "NULL", ()
    parts, params = [], []
    for facet in facets:
        counted, values = _facet_sql(facet)
        parts.append(f"%s::text, ({counted})")
        params += [facet.name, *values]
    return f"json_build_object({', '.join(parts)})::text", tuple(params)


def _facet_sql(facet: Facet) -> tuple[str, tuple[Any, ...]]:
    if facet.name == "price":
        price = f"round(price_from, {exponent(settings.BASE_CURRENCY)})"
        ends = f"'lowest', MIN({price})::text, 'highest', MAX({price})::text"
        return f"SELECT json_build_object({ends}) FROM catalog_productdocument {facet.where}", facet.params  # noqa: S608
    is_attribute = facet.name.startswith(ATTRIBUTE)
    code = facet.name.removeprefix(ATTRIBUTE)
    if not facet.where and (is_attribute or facet.name in _KEPT):
        start = f"attribute:{code}=" if is_attribute else f"{_KEPT[facet.name]}:"
        return _listed(
            "SELECT substr(key, %s) AS value, SUM(documents) AS count FROM catalog_documentcount"
            " WHERE key LIKE %s GROUP BY key HAVING SUM(documents) > 0"
        ), (len(start) + 1, start.replace("_", r"\_") + "%")
    value, given = ("attributes ->> %s", (code,)) if is_attribute else (_VALUES[facet.name], ())
    values = f"SELECT {value} AS value FROM catalog_productdocument {facet.where}"  # noqa: S608  the ORM wrote it
    counts = f"SELECT value, COUNT(*) AS count FROM ({values}) AS given WHERE value IS NOT NULL GROUP BY value"  # noqa: S608
    return _listed(counts), (*given, *facet.params)


def _listed(counts: str) -> str:
    first = f"{counts} ORDER BY count DESC, value LIMIT {MOST_VALUES}"
    return f"""SELECT COALESCE(json_agg(json_build_object('value', value, 'count', count)), '[]')
        FROM ({first}) AS counted"""  # noqa: S608  our own words
