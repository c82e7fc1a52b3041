"""A product's page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from apps.catalog.documents import Detail
from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import ProductDocument
from apps.catalog.selectors.editions import EDITION, EditionNow, Window, read_in_one_edition
from apps.catalog.selectors.lists import card_sql, currencies, said_in
from apps.catalog.selectors.stock import FREE


@dataclass(frozen=True, slots=True)
class DetailSeen:
    """A page, the edition it was read in, and when the clock alone will change its figures."""

    edition: EditionNow
    detail: Detail
    hold_ends_ms: int | None


_DETAIL = f"""
SELECT e.shelves, e.figures, e.at_ms, told.detail::text, stock.units::text, stock.hold_ends_ms, beside.cards
FROM {EDITION} AS e LEFT JOIN catalog_productdocument d ON d.{{column}} = %s
LEFT JOIN LATERAL (
    SELECT COALESCE(jsonb_object_agg(v.public_id, free.units), '{{{{}}}}') AS units,
        floor(extract(epoch FROM MIN(free.hold_ends)) * 1000)::bigint AS hold_ends_ms
    FROM catalog_productvariant v
    CROSS JOIN LATERAL (
        SELECT COALESCE(SUM({FREE}), 0)::int AS units, MIN((
            SELECT MIN(r.expires_at) FROM inventory_reservation r
            WHERE s.reserved > 0 AND r.stock_item_id = s.id AND r.status = 'reserved'
            AND r.expires_at >= statement_timestamp())) AS hold_ends
        FROM inventory_stockitem s WHERE s.variant_id = v.id) AS free
    WHERE v.product_id = d.product_id AND v.is_active) AS stock ON true
LEFT JOIN LATERAL (SELECT {{detail}}) AS told ON true
LEFT JOIN LATERAL (
    SELECT string_agg({{card}}, E'\\v') AS cards FROM (SELECT %s::numeric AS rate) AS w, (
        SELECT {{related}}, found.product_id, price_from, price_to, compare_at FROM catalog_relatedproduct r
        JOIN catalog_productdocument found ON found.product_id = r.related_id
        WHERE r.product_id = d.product_id ORDER BY r.position, r.id) AS page) AS beside ON true"""  # noqa: S608


@lru_cache
def _statement(column: str, language: str, *currencies: str) -> str:
    return _DETAIL.format(
        column=column,
        detail=said_in("detail", "d", language),
        related=said_in("card", "found", language),
        card=card_sql(*currencies),
    )


def get_detail(name: str) -> Detail:
    """The page of the visible product with that slug or id.

    Raises:
        ProductNotFound: there is none that shoppers may see.
    """
    return read_in_one_edition(partial(detail_seen, name)).seen.detail


def get_document(name: str) -> ProductDocument:
    """The document of the visible product with that slug, of now or former, or id, for who hangs something on its page.

    Raises:
        ProductNotFound: there is none that shoppers may see.
    """
    try:
        named = Q(public_id=UUID(name))
    except ValueError:
        named = Q(product__slugs=name)
    is_over = Q(product__publish_until__lte=Now())  # though its document may not say so yet
    document = ProductDocument.objects.filter(named).exclude(is_over).first()
    if document is None:
        raise ProductNotFound("There is no such product.")
    return document


def moved_to(slug: str) -> str | None:
    """The slug of now of the visible product that had this one once; None when there is none."""
    return ProductDocument.objects.filter(product__slugs=slug).values_list("slug", flat=True).first()


def detail_seen(name: str, window: Window, language: str = "") -> DetailSeen:
    """`get_detail` in one statement, with the edition of its snapshot."""
    column, key = _key(name)
    with connection.cursor() as cursor:
        cursor.execute(_statement(column, language, *currencies()), [key, window.money.rate])
        shelves, figures, at_ms, stored, units, hold_ends_ms, cards = cursor.fetchone()
    if stored is None:
        raise ProductNotFound("There is no such product.")
    detail = _with_what_changes(orjson.loads(stored), orjson.loads(units), window)
    detail["related"] = orjson.loads(f"[{cards}]".replace("}\n", "").replace("\v", ",")) if cards else []
    return DetailSeen(EditionNow(shelves, figures, at_ms), detail, hold_ends_ms)


def _key(name: str) -> tuple[str, str | UUID]:
    try:
        return "public_id", UUID(name)
    except ValueError:
        return "slug", name


def _with_what_changes(detail: Any, units: dict[str, int], window: Window) -> Detail:
    for variant in detail["variants"]:
        variant["available"] = units.get(variant["id"], 0)
    detail["is_in_stock"] = any(variant["available"] > 0 for variant in detail["variants"])
    for part, prices in ((detail, _PRICES), *((variant, _VARIANT_PRICES) for variant in detail["variants"])):
        for price in prices:
            part[f"local_{price}"] = _local(part[price], window)
    detail["rate"] = window.money.shown
    page: Detail = detail
    return page


_PRICES = ("price", "price_to", "compare_at_price")
_VARIANT_PRICES = ("price", "compare_at_price")


def _local(price: dict[str, str] | None, window: Window) -> dict[str, str] | None:
    local = None if price is None else window.in_second_currency(Decimal(price["amount"]))
    return None if local is None else local.as_json()
