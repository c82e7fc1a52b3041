"""How many units a shopper may still have, and where they run out."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection
from django.db.models import F, QuerySet

from apps.catalog.models import ProductStatus
from apps.inventory.models import StockItem

# A hold whose window is over binds nobody, whether or not the sweeper has come by (invariant D2).
_AVAILABLE = """
SELECT s.variant_id,
       SUM(s.on_hand - s.reserved - s.committed + COALESCE((
           SELECT SUM(r.quantity) FROM inventory_reservation r
           WHERE r.stock_item_id = s.id AND r.status = 'reserved' AND r.expires_at < statement_timestamp()), 0))::int
FROM inventory_stockitem s WHERE s.variant_id = ANY(%s) GROUP BY s.variant_id
"""


def available_by_variant(variant_ids: Collection[int]) -> dict[int, int]:
    """Free units over all locations, by variant; a variant without a stock item has none. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_AVAILABLE, [list(variant_ids)])
        found = dict(cursor.fetchall())
    return {variant_id: found.get(variant_id, 0) for variant_id in variant_ids}


def low_stock() -> QuerySet[StockItem]:
    """Items of goods on sale of which no more are free than their threshold says."""
    return StockItem.objects.filter(
        on_hand__lte=F("reserved") + F("committed") + F("low_stock_threshold"),
        variant__is_active=True,
        variant__product__status=ProductStatus.PUBLISHED,
        variant__product__deleted_at=None,
    )
