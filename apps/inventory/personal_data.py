"""Inventory knows colleagues, not customers."""

from __future__ import annotations

from typing import Any

from apps.common.personal_data import Erased, Holding, Person, register
from apps.inventory.models import StockMovement


def export_movements(person: Person) -> Any:
    mine = StockMovement.objects.filter(actor_id=person.user_id).order_by("pk")
    return list(mine.values("created_at", "stock_item__variant__sku", "delta", "reason", "note"))


register(
    Holding(
        name="stock_movements",
        about="Units that you counted, received or sent, if you ever worked in the shop.",
        export=export_movements,
        erase=lambda _: Erased(0),
        exports=["inventory.StockMovement"],
        erases=[],
        keeps={"inventory.StockMovement.actor": "which colleague moved the stock: the books of the warehouse"},
    )
)
