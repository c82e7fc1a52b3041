"""Hold, sell, ship, give back and count units.

Locks: reservations first, then stock items, each in primary-key order; whoever also locks an order does so before.
A number of lines costs the same few statements as one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Sum, When
from django.db.models.functions import Now

from apps.catalog.models import ProductVariant
from apps.common import sql
from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.common.transactions import retry_collisions
from apps.inventory import selectors
from apps.inventory.events import StockRanLow
from apps.inventory.exceptions import OutOfStock, Shortage, StockChangeRefused, StockItemNotFound
from apps.inventory.models import (
    MovementReason,
    Reservation,
    ReservationStatus,
    StockItem,
    StockLocation,
    StockMovement,
)
from apps.outbox import services as outbox
from apps.stores.models import Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units that one order line asks for."""

    line_id: UUID
    variant_id: int
    quantity: int


@dataclass(slots=True)
class _Change:
    on_hand: int = 0
    reserved: int = 0
    committed: int = 0


@transaction.atomic(savepoint=False)
def reserve(*, wanted: Sequence[Wanted], expires_at: datetime | None) -> None:
    """Hold units for order lines until `expires_at`, all or none.

    Raises:
        OutOfStock: names every variant of which too few are free; holds that are over still count until their order
            has expired, so a caller may expire due orders and come again.
    """
    _take(wanted, ReservationStatus.RESERVED, expires_at)


@transaction.atomic
def commit(*, wanted: Sequence[Wanted]) -> None:
    """Turn the holds of paid lines into commitments, and take units anew for lines that have lost their hold.

    Lines that are committed or shipped already are left alone, so that a second call changes nothing.

    Raises:
        OutOfStock: a hold was lost and its units are gone; nothing is changed.
    """
    live = _lock_live([line.line_id for line in wanted])
    held = [row for row in live if row.status == ReservationStatus.RESERVED]
    _move(held, ReservationStatus.COMMITTED)
    _apply_each(held, lambda row: _Change(reserved=-row.quantity, committed=row.quantity))
    known = {row.line_id for row in live}
    lost = [line for line in wanted if line.line_id not in known]
    if lost:
        _take(lost, ReservationStatus.COMMITTED, None)


@transaction.atomic(savepoint=False)
def release(*, line_ids: Collection[UUID]) -> None:
    """Give back what lines hold or were sold, unless it is shipped; twice changes nothing (S5)."""
    live = [row for row in _lock_live(line_ids) if row.status != ReservationStatus.SHIPPED]
    _apply_each(
        live,
        lambda row: (
            _Change(reserved=-row.quantity)
            if row.status == ReservationStatus.RESERVED
            else _Change(committed=-row.quantity)
        ),
    )
    _move(live, ReservationStatus.RELEASED)


@transaction.atomic(savepoint=False)
def give_up(*, units: Mapping[UUID, int]) -> None:
    """So many committed units of these lines will not be sent: they are free for others at once.

    Raises:
        StockChangeRefused: a line has no commitment, or a smaller one.
    """
    sold = _lock_committed(units)
    _apply_each(sold, lambda row: _Change(committed=-units[row.line_id]))
    _move_some(sold, units, ReservationStatus.RELEASED)


@transaction.atomic(savepoint=False)
def ship(*, units: Mapping[UUID, int], actor_id: int | None) -> None:
    """Take so many committed units of these lines off the shelf: one movement per line.

    Raises:
        StockChangeRefused: a line has no commitment, or a smaller one.
    """
    sold = _lock_committed(units)
    _apply_each(sold, lambda row: _Change(on_hand=-units[row.line_id], committed=-units[row.line_id]))
    _move_some(sold, units, ReservationStatus.SHIPPED)
    StockMovement.objects.bulk_create(
        StockMovement(
            stock_item_id=row.stock_item_id,
            delta=-units[row.line_id],
            reason=MovementReason.SHIPMENT,
            note=str(row.line_id),
            actor_id=actor_id,
        )
        for row in sold
    )


@transaction.atomic(savepoint=False)
def take_back(*, units: Mapping[UUID, int], actor_id: int | None) -> None:
    """Put so many units of shipped lines back where they came from: one movement per line.

    Raises:
        StockChangeRefused: a line has not been shipped, or fewer of it.
    """
    parcels = [row for row in _lock_live(units) if row.status == ReservationStatus.SHIPPED]
    gone: Counter[UUID] = Counter()
    for row in parcels:
        gone[row.line_id] += row.quantity
    if any(gone[line_id] < quantity for line_id, quantity in units.items()):
        raise StockChangeRefused("Only units that were sent can come back to the shelf.")
    sent = {row.line_id: row for row in parcels}.values()  # all parcels of a line left one shelf
    _apply_each(sent, lambda row: _Change(on_hand=units[row.line_id]))
    StockMovement.objects.bulk_create(
        StockMovement(
            stock_item_id=row.stock_item_id,
            delta=units[row.line_id],
            reason=MovementReason.RETURN,
            note=str(row.line_id),
            actor_id=actor_id,
        )
        for row in sent
    )


@transaction.atomic(savepoint=False)
def extend_holds(*, line_ids: Collection[UUID], expires_at: datetime | None) -> None:
    """Move the end of the lines' holds; empty means that they stay until somebody decides."""
    Reservation.objects.filter(line_id__in=line_ids, status=ReservationStatus.RESERVED).update(
        expires_at=expires_at, updated_at=Now()
    )


@retry_collisions
@transaction.atomic
def adjust_on_hand(
    *, stock_item_id: int, delta: int, reason: MovementReason, actor_id: int | None, note: str = ""
) -> None:
    """Add or take units by a movement (S2, S7).

    Raises:
        StockItemNotFound: there is no such row.
        StockChangeRefused: fewer would be left than are promised to orders.
    """
    enough = StockItem.objects.filter(pk=stock_item_id, on_hand__gte=F("reserved") + F("committed") - delta)
    if not enough.update(on_hand=F("on_hand") + delta, updated_at=Now()):
        item = StockItem.objects.filter(pk=stock_item_id).first()
        if item is None:
            raise StockItemNotFound("There is no such stock item.")
        promised = item.reserved + item.committed
        raise StockChangeRefused(f"{item.on_hand} are on hand and {promised} promised; {delta:+d} would leave too few.")
    StockMovement.objects.create(
        stock_item_id=stock_item_id, delta=delta, reason=reason, actor_id=actor_id, note=note[:200]
    )


@retry_collisions
@transaction.atomic
def correct_on_hand(*, stock_item_id: int, counted: int, expected: int, actor_id: int | None, note: str = "") -> None:
    """Set what was counted on the shelf, if the book still says what the counter saw (compare and set, S7).

    Raises:
        StockChangeRefused: the book changed meanwhile, or fewer were counted than are promised.
    """
    item = StockItem.objects.select_for_update().filter(pk=stock_item_id).first()
    if item is None:
        raise StockItemNotFound("There is no such stock item.")
    if item.on_hand != expected:
        raise StockChangeRefused(f"The book says {item.on_hand} now, not {expected}; look again before you correct it.")
    if counted != item.on_hand:
        adjust_on_hand(
            stock_item_id=item.pk,
            delta=counted - item.on_hand,
            reason=MovementReason.CORRECTION,
            actor_id=actor_id,
            note=note,
        )


def set_low_stock_threshold(*, stock_item_id: int, threshold: int) -> None:
    """With so many free units or fewer, the item counts as low.

    Raises:
        StockItemNotFound: there is no such row.
    """
    if not StockItem.objects.filter(pk=stock_item_id).update(
        low_stock_threshold=threshold, low_told_at=None, updated_at=Now()
    ):
        raise StockItemNotFound("There is no such stock item.")


@transaction.atomic
def announce_low_stock() -> int:
    """Announce goods on sale of which few units are left, store by store; returns of how many.

    Each is announced once until units have come and enough are free; what holds that expire give back is not that.
    """
    _forget_refilled()
    low = selectors.low_stock().filter(low_told_at=None).select_for_update(of=("self",), skip_locked=True)
    found = list(low.order_by("pk").values_list("pk", "location__store_id"))
    told_at = database_now()
    StockItem.objects.filter(pk__in=[pk for pk, _ in found]).update(low_told_at=told_at)
    for store_id in sorted({store_id for _, store_id in found}):
        outbox.publish(StockRanLow(store_id=store_id, told_at=told_at.isoformat()))
    return len(found)


def _forget_refilled() -> None:
    came = StockMovement.objects.filter(stock_item=OuterRef("pk"), delta__gt=0, created_at__gt=OuterRef("low_told_at"))
    enough = F("reserved") + F("committed") + F("low_stock_threshold")
    told = StockItem.objects.filter(low_told_at__isnull=False, on_hand__gt=enough)
    told.filter(Exists(came)).update(low_told_at=None)


@retry_collisions
@transaction.atomic
def receive_stock(*, receipts: Iterable[tuple[int, int, int]], actor_id: int | None = None, note: str = "") -> None:
    """Add units, given as (variant id, location id, quantity); stock items that are missing are made, also for zero."""
    units: Counter[tuple[int, int]] = Counter()
    for variant_id, location_id, quantity in receipts:
        units[variant_id, location_id] += quantity
    rows = sorted((variant, location, quantity, new_id()) for (variant, location), quantity in units.items())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_stockitem"
            " (public_id, variant_id, location_id, on_hand, reserved, committed, low_stock_threshold)"
            " SELECT u, v, l, q, 0, 0, 5"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::uuid[]) AS receipt(v, l, q, u) ORDER BY v, l"
            " ON CONFLICT (variant_id, location_id) DO UPDATE SET on_hand = inventory_stockitem.on_hand"
            " + EXCLUDED.on_hand, updated_at = statement_timestamp() RETURNING id, variant_id, location_id",
            [list(column) for column in zip(*rows, strict=True)],
        )
        ids = {(variant, location): pk for pk, variant, location in cursor.fetchall()}
    movements = [
        {
            "stock_item_id": ids[key],
            "delta": quantity,
            "reason": MovementReason.RECEIPT,
            "note": note[:200],
            "actor_id": actor_id,
        }
        for key, quantity in units.items()
        if quantity
    ]
    sql.put_rows(StockMovement, movements)


def ensure_default_location(*, store: Store) -> StockLocation:
    """The store's first location, made if it has none; twice is once."""
    location = StockLocation.objects.filter(store=store).order_by("pk").first()
    if location is not None:
        return location
    return StockLocation.objects.get_or_create(store=store, code="main", defaults={"name": "Main"})[0]


def _take(wanted: Sequence[Wanted], status: ReservationStatus, expires_at: datetime | None) -> None:
    columns = [list(column) for column in zip(*map(astuple, wanted), strict=True)]
    variant_ids = columns[1]
    taken = {line_id for (line_id,) in sql.fetch_all(_TAKE[status], *columns, variant_ids, expires_at)}
    shortages = [_shortage(line) for line in wanted if line.line_id not in taken]
    if shortages:
        raise OutOfStock(shortages)


# Looks, locks in primary-key order and takes in one statement: each variant's lines from the first location that has
# enough for all of them. A row that a rival has just changed is read anew once it is locked, and its CHECK refuses to
# oversell. The lines that found no units are missing from the answer.
_TAKE_AS = """
WITH wanted AS (
    SELECT *, SUM(quantity) OVER (PARTITION BY variant_id) AS of_variant
    FROM unnest(%s::uuid[], %s::bigint[], %s::int[]) AS line (line_id, variant_id, quantity)),
shelf AS MATERIALIZED (
    SELECT id, variant_id, on_hand - reserved - committed AS free
    FROM inventory_stockitem WHERE variant_id = ANY(%s) ORDER BY id FOR UPDATE),
taken AS (
    SELECT DISTINCT ON (line_id) line_id, shelf.id AS stock_item_id, quantity
    FROM wanted JOIN shelf ON shelf.variant_id = wanted.variant_id AND free >= of_variant ORDER BY line_id, shelf.id),
noted AS (
    INSERT INTO inventory_reservation (line_id, stock_item_id, quantity, status, expires_at)
    SELECT taken.*, '{status}', %s FROM taken),
counted AS (
    UPDATE inventory_stockitem item SET {status} = item.{status} + units, updated_at = statement_timestamp()
    FROM (SELECT stock_item_id, SUM(quantity) AS units FROM taken GROUP BY stock_item_id) more
    WHERE item.id = more.stock_item_id)
SELECT line_id FROM taken
"""
_TAKE = {
    status: _TAKE_AS.format(status=status.value)  # the counter has the status's name
    for status in (ReservationStatus.RESERVED, ReservationStatus.COMMITTED)
}


def _shortage(line: Wanted) -> Shortage:
    sku = ProductVariant.objects.values_list("sku", flat=True).get(pk=line.variant_id)
    free = Sum(F("on_hand") - F("reserved") - F("committed"))
    left = StockItem.objects.filter(variant_id=line.variant_id).aggregate(free=free)["free"]
    return Shortage(variant_id=line.variant_id, sku=sku, requested=line.quantity, available=left or 0)


def _lock_live(line_ids: Collection[UUID]) -> list[Reservation]:
    live = Reservation.objects.filter(line_id__in=line_ids).exclude(status=ReservationStatus.RELEASED)
    return list(live.select_for_update().order_by("pk"))


def _lock_committed(units: Mapping[UUID, int]) -> list[Reservation]:
    sold = [row for row in _lock_live(units) if row.status == ReservationStatus.COMMITTED]
    if {row.line_id for row in sold if row.quantity >= units[row.line_id]} != set(units):
        raise StockChangeRefused("No more than is committed can be sent or given up.")
    return sold


def _move_some(rows: Collection[Reservation], units: Mapping[UUID, int], status: ReservationStatus) -> None:
    """Give so many units of each row another status: of a row that holds more, a new one is split off."""
    parts = [row for row in rows if row.quantity > units[row.line_id]]
    _move((row for row in rows if row not in parts), status)
    if parts:
        taken = Case(*(When(pk=row.pk, then=units[row.line_id]) for row in parts), output_field=IntegerField())
        Reservation.objects.filter(pk__in=[row.pk for row in parts]).update(
            quantity=F("quantity") - taken, updated_at=Now()
        )
        Reservation.objects.bulk_create(
            Reservation(
                line_id=row.line_id, stock_item_id=row.stock_item_id, quantity=units[row.line_id], status=status
            )
            for row in parts
        )


def _move(rows: Iterable[Reservation], status: ReservationStatus) -> None:
    Reservation.objects.filter(pk__in=[row.pk for row in rows]).update(status=status, updated_at=Now())


def _apply_each(rows: Iterable[Reservation], change_of: Callable[[Reservation], _Change]) -> None:
    changes: dict[int, _Change] = defaultdict(_Change)
    for row in rows:
        change, more = changes[row.stock_item_id], change_of(row)
        change.on_hand += more.on_hand
        change.reserved += more.reserved
        change.committed += more.committed
    if changes:
        list(StockItem.objects.select_for_update().filter(pk__in=changes).order_by("pk").values_list("pk"))
        _apply(changes)


def _apply(changes: dict[int, _Change]) -> None:
    """Add the changes to their rows, which the caller has locked; the row's CHECK refuses to oversell."""
    columns = zip(*((pk, c.on_hand, c.reserved, c.committed) for pk, c in changes.items()), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_stockitem s SET on_hand = s.on_hand + c.on_hand, reserved = s.reserved + c.reserved,"
            " committed = s.committed + c.committed, updated_at = statement_timestamp()"
            " FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[]) AS c(id, on_hand, reserved, committed)"
            " WHERE s.id = c.id",
            [list(column) for column in columns],
        )
