"""What shoppers see: pages of stored cards, a product's page, the tree of categories, tags and attributes.

Stored JSON is passed on as text; nothing is parsed that is only handed through. What changes by the minute is joined
in the same statement. Stock lies in inventory, which is built upon the catalogue and not imported here: these
statements look up along its foreign keys, by the same rule as `inventory.selectors`: a hold whose window is over binds
nobody, whether or not the sweeper has come by (invariant D2).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Concat

from apps.catalog.documents import CategoryNode, Detail
from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import Category, DocumentCount, ProductDocument, Tag

_FREE = """s.on_hand - s.reserved - s.committed + COALESCE((
    SELECT SUM(r.quantity) FROM inventory_reservation r
    WHERE r.stock_item_id = s.id AND r.status = 'reserved' AND r.expires_at < statement_timestamp()), 0)"""

# Most items answer by the first comparison; holds are only looked at where there are some.
_IN_STOCK = f"""EXISTS (
    SELECT 1 FROM catalog_productvariant v JOIN inventory_stockitem s ON s.variant_id = v.id
    WHERE v.product_id = {{document}}.product_id AND v.is_active
    AND (s.on_hand > s.reserved + s.committed OR s.reserved > 0 AND {_FREE} > 0))"""  # noqa: S608  our own constants

IN_STOCK = _IN_STOCK.format(document="catalog_productdocument")
"""Whether a row of `ProductDocument` can be bought now, for a RawSQL in a filter."""


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
    """One page of a list: finished JSON objects, and how many there are on all pages; no cards, no count."""

    cards: list[str]
    count: int


def page_of_cards(
    documents: QuerySet[ProductDocument], *, ordering: Ordering, offset: int, limit: int, count_key: str | None = None
) -> CardPage:
    """One page of the given documents, in one statement.

    `count_key` names the kept count that holds for them (see `DocumentCount`); without it they are counted. Offset and
    limit are written into the statement, because PostgreSQL plans for the few rows only when it sees the numbers.
    """
    where, params = _where(documents)
    count = f"SELECT COUNT(*) FROM catalog_productdocument {where}"  # noqa: S608  the ORM wrote it
    count_params = params
    if count_key is not None:
        count, count_params = "SELECT SUM(documents) FROM catalog_documentcount WHERE key = %s", (count_key,)
    statement = f"""
        SELECT page.card::text, {_IN_STOCK.format(document="page")}, ({count})
        FROM (SELECT card, {", ".join(ordering.columns)} FROM catalog_productdocument {where}
              ORDER BY {ordering.of("catalog_productdocument")} LIMIT {limit:d} OFFSET {offset:d}) AS page
        ORDER BY {ordering.of("page")}"""  # noqa: S608  our own words and whole numbers
    with connection.cursor() as cursor:
        cursor.execute(statement, (*count_params, *params))
        rows = cursor.fetchall()
    cards = [f'{card[:-1]}, "is_in_stock": {"true" if is_in_stock else "false"}}}' for card, is_in_stock, _ in rows]
    return CardPage(cards, rows[0][2] if rows else 0)


def _where(documents: QuerySet[ProductDocument]) -> tuple[str, tuple[Any, ...]]:
    """The queryset's conditions alone: to have the ORM write the whole statement takes as long as to run it."""
    if not documents.query.where:
        return "", ()
    compiler = documents.query.get_compiler(documents.db)
    conditions, params = compiler.compile(documents.query.where)
    return f"WHERE {conditions}", tuple(params)


_DETAIL = f"""
SELECT d.detail::text, (
    SELECT jsonb_object_agg(v.public_id, free.units)::text FROM catalog_productvariant v
    CROSS JOIN LATERAL (SELECT COALESCE(SUM({_FREE}), 0)::int AS units FROM inventory_stockitem s
                        WHERE s.variant_id = v.id) AS free
    WHERE v.product_id = d.product_id AND v.is_active)
FROM catalog_productdocument d WHERE d.{{column}} = %s"""  # noqa: S608  our own constants
_DETAIL_BY_SLUG, _DETAIL_BY_ID = _DETAIL.format(column="slug"), _DETAIL.format(column="public_id")


def get_detail(name: str) -> Detail:
    """The page of the visible product with that slug or id, in one statement.

    Raises:
        ProductNotFound: there is none that shoppers may see.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute(_DETAIL_BY_ID, [UUID(name)])
        except ValueError:
            cursor.execute(_DETAIL_BY_SLUG, [name])
        row = cursor.fetchone()
    if row is None:
        raise ProductNotFound("There is no such product.")
    detail: Detail = orjson.loads(row[0])
    available = orjson.loads(row[1])
    for variant in detail["variants"]:
        variant["available"] = available.get(variant["id"], 0)
    detail["is_in_stock"] = any(variant["available"] > 0 for variant in detail["variants"])
    return detail


def category_tree() -> list[CategoryNode]:
    """All categories, siblings by name, each with how many products are in it and below. One query."""
    count = _kept_count(Concat(Value("category:"), OuterRef("slug")))
    children_of: dict[str, list[CategoryNode]] = defaultdict(list)
    rows = Category.objects.annotate(product_count=count).order_by("path")
    for path, slug, name, product_count in rows.values_list("path", "slug", "name", "product_count"):
        parent = path[: -Category.steplen]
        node: CategoryNode = {"slug": slug, "name": name, "product_count": product_count, "children": children_of[path]}
        children_of[parent].append(node)
    return children_of[""]


def tags_with_counts() -> QuerySet[Tag]:
    """Tags by name, each with `product_count`."""
    count = _kept_count(Concat(Value("tag:"), OuterRef("slug")))
    return Tag.objects.annotate(product_count=count).order_by("name", "pk")


def _kept_count(key: Concat) -> Coalesce:
    counts = DocumentCount.objects.filter(key=key).order_by().values("key")
    return Coalesce(Subquery(counts.annotate(total=Sum("documents")).values("total")), 0)


def path_of(category: Category) -> tuple[str, ...]:
    """The names on the way from the root down to this category."""
    return (*(above.name for above in Category.objects.get_ancestors(category)), category.name)
