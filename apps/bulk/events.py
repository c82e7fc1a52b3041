from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class BulkChangeUnderWay(DomainEvent):
    """Staff have said yes to a bulk change, or a shift has ended and rows are left."""

    change_id: int


@dataclass(frozen=True, kw_only=True)
class ProductImportWanted(DomainEvent):
    """Somebody has brought a product file, or wants one that was looked at to be made so."""

    import_id: int
