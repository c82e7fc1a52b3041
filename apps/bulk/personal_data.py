"""Bulk changes and imports know colleagues, not customers."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from apps.bulk.models import BulkChange, ProductImport
from apps.common.personal_data import Erased, Holding, Person, register

_WHO = "which colleague changed prices or stock: the books of the shop"


def export_changes(person: Person) -> Any:
    mine = BulkChange.objects.filter(Q(actor_id=person.user_id) | Q(applied_by_id=person.user_id)).order_by("pk")
    return list(mine.values("created_at", "target", "method", "value", "note", "status"))


def export_imports(person: Person) -> Any:
    mine = ProductImport.objects.filter(actor_id=person.user_id).order_by("pk")
    return list(mine.values("created_at", "kind", "file_name", "is_dry_run", "status"))


register(
    Holding(
        name="bulk_changes",
        about="Prices and stock that you changed for many products at once, if you ever worked in the shop.",
        export=export_changes,
        erase=lambda _: Erased(0),
        exports=["bulk.BulkChange"],
        erases=[],
        keeps={"bulk.BulkChange.actor": _WHO, "bulk.BulkChange.applied_by": _WHO},
    )
)
register(
    Holding(
        name="product_imports",
        about="Files of products that you brought into the shop, if you ever worked in it.",
        export=export_imports,
        erase=lambda _: Erased(0),
        exports=["bulk.ProductImport"],
        erases=[],
        keeps={"bulk.ProductImport.actor": "which colleague brought products and stock in: the books of the shop"},
    )
)
