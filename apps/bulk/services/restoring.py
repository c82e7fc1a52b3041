"""An exported JSONL file becomes the store's catalogue again: what is like that already is not written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models.functions import Now

from apps.bulk import records
from apps.bulk.product_files import RowProblem
from apps.bulk.records import Json, Names, Unreadable
from apps.bulk.services.exporting import product_data
from apps.bulk.services.importing import ImportReport, keep_other_imports_out
from apps.bulk.services.reading import ProductLine, StockLine, count_lines, objects, read_lines, read_product, texts
from apps.bulk.services.shelving import ShelfRefused, Shelves
from apps.catalog import services as catalog_services
from apps.catalog.models import Product, ProductStatus, ProductVariant
from apps.catalog.services.locks import rearrange_shelves
from apps.catalog.services.saving import lock_products
from apps.inventory import services as inventory_services
from apps.inventory.exceptions import StockChangeRefused
from apps.inventory.models import StockItem
from apps.stores.models import Store

BATCH = 200


@dataclass
class _Restoring:
    store: Store
    report: ImportReport
    set_stock: bool
    actor_id: int | None
    note: str
    names: Names = field(default_factory=Names)
    later: list[tuple[ProductLine, int]] = field(default_factory=list)

    @cached_property
    def places(self) -> dict[str, int]:
        """The store's, once their lines have been read."""
        return dict(self.store.stock_locations.values_list("code", "pk"))

    def refuse(self, number: int, column: str, reason: str) -> None:
        self.report.problems.append(RowProblem(number, column, reason))


@transaction.atomic
def import_jsonl(
    path: Path,
    *,
    store: Store,
    is_dry_run: bool = False,
    skip_bad_rows: bool = False,
    set_stock: bool = False,
    actor_id: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ImportReport:
    """Make the store's catalogue as an exported file says; products that it does not name are left alone.

    Statuses, pictures (by their files' names) and stock come with the products. Stock is counted in for variants that
    have none at a place yet; `set_stock` corrects the others. A bad line keeps the whole file out unless
    `skip_bad_rows`. A dry run does all of it and takes it back.

    Raises:
        UnreadableFile: it is not JSONL of ours, or of a store with another currency.
        ImportRefused: another import is running.
    """
    keep_other_imports_out()
    rearrange_shelves()
    work = _Restoring(store, ImportReport(), set_stock, actor_id, note=f"Import of {path.name}")
    shelves, batch, total = Shelves(store, work.names), list[tuple[int, Json]](), count_lines(path)
    for number, kind, data in read_lines(path, store):
        if kind == "product":
            work.report.rows += 1
            batch.append((number, data))
        else:
            _shelve(shelves, number, kind, data, work)
        if len(batch) == BATCH:
            _take(batch, work)
            batch = []
            progress(number, total)
    _take(batch, work)
    _relate(work)
    catalog_services.rebuild_documents(product_ids=shelves.touched_products())
    progress(total, total)
    report = work.report
    report.problems.sort()
    report.is_written = not is_dry_run and (skip_bad_rows or not report.problems)
    if not report.is_written:
        transaction.set_rollback(True)
    return report


def _shelve(shelves: Shelves, number: int, kind: str, data: Json, work: _Restoring) -> None:
    try:
        with transaction.atomic():
            shelves.put(kind, data)
    except Unreadable as error:
        work.refuse(number, error.column, str(error))
    except ShelfRefused as error:
        work.refuse(number, "", str(error))
    except IntegrityError as error:
        work.refuse(number, "", _first_line(error))


def _take(batch: Sequence[tuple[int, Json]], work: _Restoring) -> None:
    """Save the sound ones together; if the database refuses, one by one, to find the one at fault."""
    lines = _checked(_read_all(batch, work), work)
    try:
        with transaction.atomic():
            _save(lines, work)
    except (IntegrityError, Unreadable):
        for line in lines:
            try:
                with transaction.atomic():
                    _save([line], work)
            except Unreadable as error:
                work.refuse(line.number, error.column, str(error))
                work.report.left_out += 1
            except IntegrityError as error:
                work.refuse(line.number, "", _first_line(error))
                work.report.left_out += 1


def _first_line(error: IntegrityError) -> str:
    return f"The database refuses it: {str(error).splitlines()[0]}."


def _read_all(batch: Sequence[tuple[int, Json]], work: _Restoring) -> list[ProductLine]:
    lines = []
    for number, data in batch:
        try:
            lines.append(read_product(number, data, work.names, work.places))
        except Unreadable as error:
            work.refuse(number, error.column, str(error))
            work.report.left_out += 1
    return lines


def _checked(lines: Sequence[ProductLine], work: _Restoring) -> list[ProductLine]:
    """Those that the catalogue takes, and whose SKUs and ids, also of what is sold no more, nobody else has."""
    checked = catalog_services.check_drafts(store=work.store, drafts=[line.draft for line in lines])
    for index, errors in checked.faulty.items():
        for column, messages in errors.items():
            work.refuse(lines[index].number, column, " ".join(messages))
    skus = [variant["sku"] for line in lines for variant in line.variants]
    unshowable = set[str]() if work.store.is_active else _published(lines, work)
    owners = dict(ProductVariant.objects.filter(sku__in=skus).values_list("sku", "product__slug"))
    sound = []
    for index in checked.sound:
        line = lines[index]
        foreign = [v["sku"] for v in line.variants if owners.setdefault(v["sku"], line.slug) != line.slug]
        if foreign:
            work.refuse(line.number, "variants", f"Another product has the SKU “{foreign[0]}”.")
        elif line.slug in unshowable:
            work.refuse(line.number, "status", f"{work.store} is not open yet.")
        else:
            sound.append(line)
    work.report.left_out += len(lines) - len(sound)
    return sound


def _published(lines: Sequence[ProductLine], work: _Restoring) -> set[str]:
    """The slugs of those that the file would show, and that are not shown yet."""
    asked = {line.slug for line in lines if line.values.get("status") == ProductStatus.PUBLISHED}
    is_shown = Product.objects.filter(store=work.store, slug__in=asked, status=ProductStatus.PUBLISHED)
    return asked - set(is_shown.values_list("slug", flat=True))


def _save(lines: Sequence[ProductLine], work: _Restoring) -> None:
    own = Product.objects.filter(store=work.store, slug__in=[line.slug for line in lines])
    known = {product.slug: product for product in lock_products(own)}
    stored = {data["slug"]: data for data in product_data(list(known.values()), work.names)}
    changed = [line for line in lines if _without_stock(stored.get(line.slug)) != _without_stock(line.data)]
    rows = {line.slug: _filled(known.get(line.slug) or Product(store=work.store), line.values) for line in changed}
    if changed:
        _write_rows(changed, rows, work)
        connection.check_constraints()  # two pictures in one place would be refused at the end, for the whole file
        catalog_services.rebuild_documents(product_ids=[row.pk for row in rows.values()])
    _count_stock(lines, work)
    work.later += [(line, rows[line.slug].pk) for line in changed]
    work.report.created += sum(line.slug not in known for line in changed)
    work.report.updated += sum(line.slug in known for line in changed)
    work.report.unchanged += len(lines) - len(changed)


def _without_stock(data: Json | None) -> Json | None:
    if data is None:
        return None
    return {**data, "variants": [{k: v for k, v in one.items() if k != "stock"} for one in data["variants"]]}


def _filled(row: Any, values: Mapping[str, Any]) -> Any:
    """The row with these values; what it is called outside stays, once it is kept."""
    for name, value in values.items():
        if name != "public_id" or row.pk is None:
            setattr(row, name, value)
    if row.pk is not None:
        row.updated_at = Now()
    return row


def _write_rows(lines: Sequence[ProductLine], rows: Mapping[str, Product], work: _Restoring) -> None:
    kept = [row.pk for row in rows.values() if row.pk is not None]
    _delete_rows(records.ROWS_OF_PRODUCT, kept)
    _delete_rows(
        records.ROWS_OF_VARIANT, list(ProductVariant.objects.filter(product__in=kept).values_list("pk", flat=True))
    )
    _upsert(Product, list(rows.values()))
    for through, key, target in (
        (Product.categories.through, "categories", "catalog.Category"),
        (Product.tags.through, "tags", "catalog.Tag"),
    ):
        _link(through, key, records.table(target), lines, rows, work.names)
    variants = _write_variants(lines, rows)
    work.names.learn(ProductVariant, names=list(variants))
    for label, (owner, place) in records.ROWS_OF_PRODUCT.items():
        if not _waits(records.table(label)):
            owned = [(rows[line.slug].pk, objects(line.data, place)) for line in lines]
            _create_rows(records.table(label), owner, place, owned, work.names)
    for label, (owner, place) in records.ROWS_OF_VARIANT.items():
        owned = [
            (variants[variant["sku"]].pk, objects(variant, place))
            for line in lines
            for variant in line.data["variants"]
        ]
        _create_rows(records.table(label), owner, place, owned, work.names)


def _upsert(model: Any, rows: Sequence[Any]) -> None:
    update = [column.name for column in records.columns(model) if column.name != "public_id"]
    model.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=[*update, "updated_at"])


def _write_variants(lines: Sequence[ProductLine], rows: Mapping[str, Product]) -> dict[str, ProductVariant]:
    """The variants of the lines; others of these products are no longer sold, but stay for the orders."""
    left = {variant.sku: variant for variant in ProductVariant.objects.filter(product__in=list(rows.values()))}
    written = {
        values["sku"]: _filled(left.pop(values["sku"], None) or ProductVariant(product=rows[line.slug]), values)
        for line in lines
        for values in line.variants
    }
    for variant in left.values():
        _filled(variant, {"is_active": False})
    _upsert(ProductVariant, [*written.values(), *left.values()])
    return written


def _link(
    through: Any, key: str, target: Any, lines: Sequence[ProductLine], rows: Mapping[str, Product], names: Names
) -> None:
    column = f"{target._meta.model_name}_id"
    through.objects.filter(product_id__in=[row.pk for row in rows.values()]).delete()
    through.objects.bulk_create(
        through(product_id=rows[line.slug].pk, **{column: names.key(target, slug)})
        for line in lines
        for slug in texts(line.data, key)
    )


def _waits(model: Any) -> bool:
    """Whether the table's rows name other products, which may stand further down in the file."""
    return any(isinstance(one, models.ForeignKey) and one.related_model is Product for one in records.columns(model))


def _relate(work: _Restoring) -> None:
    """What names other products, once all of them are there."""
    tables = [(label, *where) for label, where in records.ROWS_OF_PRODUCT.items() if _waits(records.table(label))]
    for label, owner, place in tables:
        for line, key in work.later:
            try:
                with transaction.atomic():
                    rows = [(key, objects(line.data, place))]
                    _create_rows(records.table(label), owner, place, rows, work.names)
            except Unreadable as error:
                work.refuse(line.number, error.column, str(error))
    if tables:
        catalog_services.rebuild_documents(product_ids=[key for _, key in work.later])


def _delete_rows(which: Mapping[str, tuple[str, str]], keys: Sequence[int]) -> None:
    for label, (owner, _) in which.items():
        if label in records.WRITTEN_BY_TRIGGERS:
            continue
        records.table(label)._default_manager.filter(**{f"{owner}__in": keys}).delete()


def _create_rows(model: Any, owner: str, place: str, owned: Sequence[tuple[int, list[Json]]], names: Names) -> None:
    made = []
    for key, rows in owned:
        for index, data in enumerate(rows):
            try:
                made.append(model(**{f"{owner}_id": key}, **records.values_of(model, data, names)))
            except Unreadable as error:
                raise Unreadable(f"{place}.{index}.{error.column}", str(error)) from error
    is_there = model._meta.label in records.WRITTEN_BY_TRIGGERS
    if is_there:
        _refuse_foreign(model, owner, place, made)
    model._default_manager.bulk_create(made, ignore_conflicts=is_there)


def _refuse_foreign(model: Any, owner: str, place: str, made: Sequence[Any]) -> None:
    kept = dict(model._default_manager.filter(pk__in=[row.pk for row in made]).values_list("pk", owner))
    for row in made:
        if kept.get(row.pk, getattr(row, f"{owner}_id")) != getattr(row, f"{owner}_id"):
            raise Unreadable(place, f"“{row}” belongs to another product.")


def _count_stock(lines: Sequence[ProductLine], work: _Restoring) -> None:
    stated = [(line, stock) for line in lines for stock in line.stock]
    variants = dict(ProductVariant.objects.filter(sku__in=[s.sku for _, s in stated]).values_list("sku", "pk"))
    kept = StockItem.objects.filter(variant__in=variants.values())
    items = {(item.variant_id, item.location_id): item for item in kept}
    new = [(variants[s.sku], s) for _, s in stated if (variants[s.sku], s.location_id) not in items]
    if new:
        receipts = [(variant, s.location_id, s.on_hand) for variant, s in new]
        inventory_services.receive_stock(receipts=receipts, actor_id=work.actor_id, note=work.note)
        work.report.units_received += sum(units for _, _, units in receipts)
    for variant, stock in new:
        _set_threshold(StockItem.objects.get(variant=variant, location=stock.location_id), stock)
    if work.set_stock:
        for line, stock in stated:
            item = items.get((variants[stock.sku], stock.location_id))
            if item is not None:
                _correct(item, stock.on_hand, line, work)
                _set_threshold(item, stock)


def _set_threshold(item: StockItem, stock: StockLine) -> None:
    if item.low_stock_threshold != stock.low_stock_threshold:
        inventory_services.set_low_stock_threshold(stock_item_id=item.pk, threshold=stock.low_stock_threshold)


def _correct(item: StockItem, counted: int, line: ProductLine, work: _Restoring) -> None:
    if item.on_hand == counted:
        return
    try:
        with transaction.atomic():
            inventory_services.correct_on_hand(
                stock_item_id=item.pk,
                counted=counted,
                expected=item.on_hand,
                actor_id=work.actor_id,
                note=work.note,
            )
        work.report.stock_corrected += 1
    except StockChangeRefused as refusal:
        work.refuse(line.number, "variants.stock", refusal.detail)
