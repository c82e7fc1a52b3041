from __future__ import annotations

from dataclasses import dataclass

from apps.common.exceptions import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Shortage:
    """One variant of which fewer units are free than somebody wants."""

    variant_id: int
    sku: str
    requested: int
    available: int

    def as_json(self) -> dict[str, str | int]:
        return {"sku": self.sku, "requested": self.requested, "available": self.available}


class OutOfStock(Conflict):
    code = "out-of-stock"
    title = "There are not enough units"

    def __init__(self, shortages: list[Shortage]) -> None:
        words = "; ".join(f"{s.sku}: {s.requested} wanted, {s.available} left" for s in shortages)
        super().__init__(f"Not enough in stock. {words}.", shortages=[s.as_json() for s in shortages])
        self.shortages = shortages


class StockItemNotFound(NotFound):
    code = "stock-item-not-found"
    title = "There is no such stock item"


class StockChangeRefused(Conflict):
    code = "stock-change-refused"
    title = "The stock cannot be changed like that"


class StockLocationNotFound(NotFound):
    code = "stock-location-not-found"
    title = "There is no such place"
