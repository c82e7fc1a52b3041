from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class StockRanLow(DomainEvent):
    """Of some goods of a store few units are left: those whose stock items say `low_told_at`, an ISO 8601 moment."""

    store_id: int
    told_at: str
