"""A product file becomes products with stock: all of it or none, and the second time nothing changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from django.db import connection, transaction

from apps.bulk import shopify, woocommerce
from apps.bulk.foreign import Look
from apps.bulk.models import WantedPicture
from apps.bulk.product_files import Entry, ProductFile, RowProblem, read_products
from apps.catalog import services as catalog_services
from apps.catalog.models import Product, ProductStatus, ProductVariant
from apps.inventory import services as inventory_services
from apps.inventory.exceptions import StockChangeRefused
from apps.inventory.models import StockItem
from apps.stores.models import Store

_LOCK = 0x1A4D
Reader: TypeAlias = Callable[[Path], ProductFile]
_FOREIGN = {"shopify": shopify.read, "woocommerce": woocommerce.read}
FOREIGN = tuple(_FOREIGN)


def foreign_reader(kind: str, look: Look) -> Reader:
    """Reads the product files of another shop's software, one of `FOREIGN`."""
    return partial(_FOREIGN[kind], look=look)


class ImportRefused(Exception):
    """Nothing was read or written; the message is one sentence for a person."""


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do when it was a dry run."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    left_out: int = 0
    units_received: int = 0
    stock_corrected: int = 0
    pictures_wanted: int = 0
    is_written: bool = False
    problems: list[RowProblem] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@transaction.atomic
def import_products(
    path: Path,
    *,
    store: Store,
    is_dry_run: bool = False,
    skip_bad_rows: bool = False,
    set_stock: bool = False,
    actor_id: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    read: Reader | None = None,
) -> ImportReport:
    """Make the store's products as the file says; products that the file does not name are left alone.

    `read` reads other files than ours: `foreign_reader` knows some. Their pictures are noted as wanted, not fetched.

    A bad row keeps its whole product out, and with it the whole file unless `skip_bad_rows`. Stock is counted in for
    variants that have none on the books yet; `set_stock` corrects the others to what the file says. A dry run does all
    of it and takes it back.

    Raises:
        UnreadableFile: see `read_products`.
        ImportRefused: another import is running.
    """
    keep_other_imports_out()
    file = read_products(path, currency=store.base_currency) if read is None else read(path)
    entries = _sound_entries(store, file)
    report = ImportReport(rows=file.rows, left_out=file.products - len(entries), problems=sorted(file.problems))
    if file.problems and not skip_bad_rows:
        return report
    _save(store, entries, report, progress)
    report.pictures_wanted = _want_pictures(store, entries)
    _count_stock(store, entries, path.name, set_stock=set_stock, actor_id=actor_id, report=report)
    report.is_written = not is_dry_run and (skip_bad_rows or not report.problems)
    if not report.is_written:
        transaction.set_rollback(True)
    return report


def _save(store: Store, entries: Sequence[Entry], report: ImportReport, progress: Callable[[int, int], None]) -> None:
    """Those that another shop did not show begin as drafts, as all do in a store that is not open yet.

    Those that are here already keep their status.
    """
    shown, before = ProductStatus.PUBLISHED if store.is_active else ProductStatus.DRAFT, 0
    for is_shown, status in ((True, shown), (False, ProductStatus.DRAFT)):
        drafts = [entry.draft for entry in entries if entry.is_shown is is_shown]
        begun = before
        saved = catalog_services.save_products(
            store=store,
            drafts=drafts,
            status_of_new=status,
            after_batch=lambda done: progress(begun + done, len(entries)),  # noqa: B023  called before the next round
        )
        before += len(drafts)
        report.created += len(saved.created)
        report.updated += len(saved.updated)
        report.unchanged += len(saved.unchanged)


def _want_pictures(store: Store, entries: Sequence[Entry]) -> int:
    """Note where pictures lie that products shall have; those noted before are not noted again."""
    wanted = {entry.draft.slug: entry.pictures for entry in entries if entry.pictures}
    keys = dict(Product.objects.filter(store=store, slug__in=wanted).values_list("slug", "pk"))
    before = WantedPicture.objects.count()
    WantedPicture.objects.bulk_create(
        (
            WantedPicture(product_id=keys[slug], url=picture.address, alt=picture.alt[:200], position=position)
            for slug, pictures in wanted.items()
            for position, picture in enumerate(pictures)
        ),
        ignore_conflicts=True,
    )
    return WantedPicture.objects.count() - before


def keep_other_imports_out() -> None:
    """Two imports at once could both count the same first stock in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise ImportRefused("Another import is running; wait until it is done.")


def _sound_entries(store: Store, file: ProductFile) -> list[Entry]:
    """The entries that the catalogue would take; what it says of the others goes to the file's problems."""
    checked = catalog_services.check_drafts(store=store, drafts=[entry.draft for entry in file.entries])
    for index, errors in checked.faulty.items():
        file.problems.extend(file.entries[index].problems_of(errors, file.price_column))
    return [file.entries[index] for index in checked.sound]


def _count_stock(
    store: Store,
    entries: Sequence[Entry],
    file_name: str,
    *,
    set_stock: bool,
    actor_id: int | None,
    report: ImportReport,
) -> None:
    stated = {sku: units for entry in entries for sku, units in entry.stock.items()}
    variants = dict(ProductVariant.objects.filter(sku__in=stated).values_list("sku", "pk"))
    items: dict[int, list[StockItem]] = defaultdict(list)
    for item in StockItem.objects.filter(variant__sku__in=stated).order_by("pk"):
        items[item.variant_id].append(item)
    location, note = inventory_services.ensure_default_location(store=store), f"Import of {file_name}"
    receipts = [(pk, location.pk, stated[sku]) for sku, pk in variants.items() if pk not in items]
    if receipts:
        inventory_services.receive_stock(receipts=receipts, actor_id=actor_id, note=note)
    report.units_received = sum(units for _, _, units in receipts)
    if set_stock:
        wanted = {sku: (items[pk], stated[sku]) for sku, pk in variants.items() if pk in items}
        _correct_stock(wanted, entries, partial(_correct, actor_id=actor_id, note=note), report)


def _correct_stock(
    wanted: Mapping[str, tuple[list[StockItem], int]],
    entries: Sequence[Entry],
    correct: Callable[[list[StockItem], int], None],
    report: ImportReport,
) -> None:
    for entry in entries:
        for draft, line in zip(entry.draft.variants, entry.lines, strict=True):
            items, counted = wanted.get(draft.sku, ([], 0))
            if sum(item.on_hand for item in items) == counted:
                continue
            try:
                correct(items, counted)
                report.stock_corrected += 1
            except StockChangeRefused as refusal:
                report.problems.append(RowProblem(line, "stock", refusal.detail))


def _correct(items: list[StockItem], counted: int, *, actor_id: int | None, note: str) -> None:
    if len(items) > 1:
        raise StockChangeRefused(f"The units lie in {len(items)} places; correct them there.")
    inventory_services.correct_on_hand(
        stock_item_id=items[0].pk, counted=counted, expected=items[0].on_hand, actor_id=actor_id, note=note
    )
