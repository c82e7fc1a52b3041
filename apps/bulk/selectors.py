"""Bulk changes and imports for those who may know of them, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet

from apps.bulk.exceptions import BulkChangeNotFound, ProductImportNotFound
from apps.bulk.models import BulkChange, Outcome, ProductImport
from apps.catalog.selectors import staff as keepers
from apps.inventory import selectors as inventory_selectors
from apps.stores import selectors as store_selectors
from apps.stores.models import StoreAction

VIEW, ADD, CHANGE = "bulk.view_bulkchange", "bulk.add_bulkchange", "bulk.change_bulkchange"
BRING_IN = [keepers.ADD, keepers.CHANGE, inventory_selectors.CHANGE]


@dataclass(frozen=True, slots=True)
class Progress:
    """Rows by what became of them; `done` of `total` are the planned ones."""

    planned: int = 0
    refused: int = 0
    unchanged: int = 0
    applied: int = 0
    skipped: int = 0

    @property
    def done(self) -> int:
        return self.applied + self.skipped

    @property
    def total(self) -> int:
        return self.done + self.planned


def progress_of(change: BulkChange) -> Progress:
    counts = change.rows.order_by().values_list("outcome").annotate(rows=Count("pk"))
    return Progress(**{Outcome(outcome).value: rows for outcome, rows in counts})


def changes_seen_by(user: Any) -> QuerySet[BulkChange]:
    """All for staff who may see them, else those of the stores where one works; the latest first."""
    changes = BulkChange.objects.select_related("store", "actor", "applied_by", "undoes").order_by("-pk")
    if user.has_perm(VIEW):
        return changes
    return changes.filter(store__in=store_selectors.stores_where(user, StoreAction.LOOK))


def find_change(*, change_id: UUID, user: Any, to: str = VIEW) -> BulkChange:
    """The change of that id, for somebody who wants `to` do something with it.

    Raises:
        BulkChangeNotFound: there is none, or it is not the caller's to know of.
        PermissionDenied: the caller may look at it only.
    """
    change = changes_seen_by(user).filter(public_id=change_id).first()
    if change is None:
        raise BulkChangeNotFound
    if to != VIEW and not (user.has_perm(to) or store_selectors.can(user, change.store, StoreAction.SELL)):
        raise PermissionDenied("You may look at this change, but not make it.")
    return change


def may_bring_in(user: Any) -> bool:
    """Staff who keep products and stock, for a file brings both; and categories and tags, which are of all stores."""
    return bool(user.has_perms(BRING_IN))


def product_imports() -> QuerySet[ProductImport]:
    """The latest first, for whoever `may_bring_in`; without the files, but with whether they are kept."""
    imports = ProductImport.objects.defer("content").annotate(is_kept=~Q(content=b""))
    return imports.select_related("store", "actor").order_by("-pk")


def find_import(*, import_id: UUID) -> ProductImport:
    """Raises ProductImportNotFound."""
    found = product_imports().filter(public_id=import_id).first()
    if found is None:
        raise ProductImportNotFound
    return found
