"""Bulk changes are made batch by batch, each in a transaction of its own that also notes what became of its rows.

So a worker that dies leaves no row half done, and whoever goes on begins with the first that is still planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from django.db import transaction
from django.db.models.functions import Now

from apps.bulk.events import BulkChangeUnderWay
from apps.bulk.exceptions import BulkChangeNotPossible
from apps.bulk.models import NEXT_STATUSES, BulkChange, BulkChangeRow, ChangeStatus, Outcome, Target
from apps.catalog import services as catalog_services
from apps.catalog.services import PriceChange
from apps.common.history import acting
from apps.inventory import services as inventory_services
from apps.inventory.exceptions import StockChangeRefused, StockItemNotFound
from apps.outbox import services as outbox

BATCH = 200
SHIFT_SECONDS = 20  # a delivery has a minute; the rest of a long change is another one


@transaction.atomic
def apply_change(*, change_id: int, actor_id: int) -> BulkChange:
    """Say yes to what was previewed; it is done soon after, in batches.

    Raises:
        BulkChangeNotPossible: somebody has said yes or no to it already.
    """
    _move(change_id, ChangeStatus.APPLYING, applied_by_id=actor_id, begun_at=Now())
    outbox.publish(BulkChangeUnderWay(change_id=change_id))
    return BulkChange.objects.get(pk=change_id)


@transaction.atomic
def discard_change(*, change_id: int) -> BulkChange:
    """Say no to what was previewed.

    Raises:
        BulkChangeNotPossible: somebody has said yes or no to it already.
    """
    _move(change_id, ChangeStatus.DISCARDED)
    return BulkChange.objects.get(pk=change_id)


def work_on(*, change_id: int, seconds: float = SHIFT_SECONDS) -> None:
    """Go on with a change until it is done or the shift is over. Twice, or two at once, is once."""
    ends_at = monotonic() + seconds
    while apply_batch(change_id=change_id):
        if monotonic() > ends_at:
            with transaction.atomic():
                outbox.publish(BulkChangeUnderWay(change_id=change_id))
            return


@transaction.atomic
def apply_batch(*, change_id: int) -> bool:
    """Make the next rows and note it; whether any may be left."""
    under_way = BulkChange.objects.filter(pk=change_id, status=ChangeStatus.APPLYING)
    change = under_way.select_for_update(no_key=True).first()
    if change is None:
        return False
    rows = list(change.rows.filter(outcome=Outcome.PLANNED).order_by("place")[:BATCH])
    if not rows:
        _move(change_id, ChangeStatus.APPLIED, ended_at=Now())
        return False
    make = _make_prices if change.target == Target.PRICE else _make_units
    with acting(lambda: {"user": change.applied_by_id, "through": str(change).lower()}):
        make(change, rows)
    BulkChangeRow.objects.bulk_update(rows, ["outcome", "reason"])
    return True


def _make_prices(change: BulkChange, rows: Sequence[BulkChangeRow]) -> None:
    wanted = [PriceChange(row.variant_id, *row.step) for row in rows if row.variant_id is not None]
    refused = catalog_services.change_prices(changes=wanted)
    for row in rows:
        reason = "The variant has gone." if row.variant_id is None else refused.get(row.variant_id, "")
        _note(row, reason)


def _make_units(change: BulkChange, rows: Sequence[BulkChangeRow]) -> None:
    for row in sorted(rows, key=lambda row: row.stock_item_id or 0):
        before, after = row.step
        try:
            with transaction.atomic():
                inventory_services.correct_on_hand(
                    stock_item_id=row.stock_item_id or 0,  # nobody has that key: the item has gone
                    counted=int(after),
                    expected=int(before),
                    actor_id=change.applied_by_id,
                    note=f"{change}: {change.note}" if change.note else str(change),
                )
        except (StockChangeRefused, StockItemNotFound) as refusal:
            _note(row, refusal.detail)
        else:
            _note(row, "")


def _note(row: BulkChangeRow, reason: str) -> None:
    row.outcome, row.reason = (Outcome.SKIPPED, reason[:200]) if reason else (Outcome.APPLIED, "")


def _move(change_id: int, status: ChangeStatus, **values: object) -> None:
    before = [old for old, following in NEXT_STATUSES.items() if status in following]
    changes = BulkChange.objects.filter(pk=change_id, status__in=before)
    if not changes.update(status=status, updated_at=Now(), **values):
        now = BulkChange.objects.get(pk=change_id).status
        raise BulkChangeNotPossible(f"It is {now} already.", status=now)
