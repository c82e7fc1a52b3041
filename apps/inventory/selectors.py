"""How many units a shopper may still have, and where they run out."""

from __future__ import annotations

from django.db.models import F, QuerySet

from apps.catalog.models import ProductStatus
from apps.inventory.models import StockItem


def free_units(variant_id: str) -> str:
    """SQL for the units of a variant, given as a column, that are free over all locations; 0 without a stock item.

    A hold whose window is over binds nobody, whether or not the sweeper has come by (invariant D2).
    """
    return f"""COALESCE((
        SELECT SUM(stock.on_hand - stock.reserved - stock.committed + COALESCE((
            SELECT SUM(hold.quantity) FROM inventory_reservation hold
            WHERE hold.stock_item_id = stock.id AND hold.status = 'reserved'
              AND hold.expires_at < statement_timestamp()), 0))::int
        FROM inventory_stockitem stock WHERE stock.variant_id = {variant_id}), 0)"""  # noqa: S608  a column's name


def low_stock() -> QuerySet[StockItem]:
    """Items of goods on sale of which no more are free than their threshold says."""
    return StockItem.objects.filter(
        on_hand__lte=F("reserved") + F("committed") + F("low_stock_threshold"),
        variant__is_active=True,
        variant__product__status=ProductStatus.PUBLISHED,
        variant__product__deleted_at=None,
    )
