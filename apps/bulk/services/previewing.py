"""What a bulk change would do, row by row; nothing of the catalogue or the stock is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.bulk.exceptions import BulkChangeInvalid, BulkChangeNotPossible
from apps.bulk.models import BulkChange, BulkChangeRow, ChangeStatus, Method, Outcome, Target
from apps.bulk.rules import Refused, Rule
from apps.catalog import selectors as catalog_selectors
from apps.catalog.models import Product, ProductVariant
from apps.common.money import exponent
from apps.inventory.models import StockItem, StockLocation
from apps.stores.models import Store

MOST_ROWS = 50_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which variants: those named by `values` (a SKU, and what a file says of it), else those of `where`.

    `where` narrows by `search`, `category`, `tag`, `product_type`, `status`, as lists of products do. `source` is told
    to whoever looks at the change later.
    """

    where: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Decimal | None] | None = None
    location: str = ""
    source: str = ""

    def in_words(self) -> dict[str, Any]:
        said: dict[str, Any] = dict(self.where) if self.values is None else {"skus": len(self.values)}
        return said | {name: value for name in ("location", "source") if (value := getattr(self, name))}


@transaction.atomic
def preview_change(*, store: Store, rule: Rule, selection: Selection, actor_id: int, note: str = "") -> BulkChange:
    """Keep what the rule would do to each variant of the store that is sold and fits the selection.

    Raises:
        BulkChangeInvalid: the rule makes no sense, or nothing fits the selection, or too much does.
    """
    _check(rule, store)
    rows = list(
        _price_rows(store, rule, selection) if rule.target == Target.PRICE else _stock_rows(store, rule, selection)
    )
    if not rows:
        raise BulkChangeInvalid("where", "No variant fits.")
    if len(rows) > MOST_ROWS:
        raise BulkChangeInvalid("where", f"More than {MOST_ROWS} variants fit; take a part of them at a time.")
    change = BulkChange.objects.create(
        store=store,
        target=rule.target,
        method=rule.method,
        value=rule.value,
        ending=rule.ending,
        selection=selection.in_words(),
        note=note[:200],
        actor_id=actor_id,
    )
    return _keep(change, rows)


@transaction.atomic
def preview_undo(*, change_id: int, actor_id: int, note: str = "") -> BulkChange:
    """Keep what would bring back what an applied change has changed.

    A price goes back if nobody has changed it since; of stock, the units that came go again, whatever was sold since.

    Raises:
        BulkChangeNotPossible: the change is not applied, or is undone already.
    """
    change = BulkChange.objects.select_related("store").get(pk=change_id)
    if change.status != ChangeStatus.APPLIED:
        raise BulkChangeNotPossible("Only a change that was made can be undone.", status=change.status)
    done = change.rows.filter(outcome=Outcome.APPLIED).select_related("variant", "stock_item").order_by("place")
    undo = _price_undone if change.target == Target.PRICE else _units_undone
    rows = [undo(row) for row in done.iterator(chunk_size=2000)]
    if not rows:
        raise BulkChangeNotPossible("It has changed nothing.", status=change.status)
    try:
        with transaction.atomic():
            undoing = BulkChange.objects.create(
                store=change.store,
                target=change.target,
                method=Method.UNDO,
                selection=change.selection,
                note=note[:200],
                actor_id=actor_id,
                undoes=change,
            )
    except IntegrityError as error:
        raise BulkChangeNotPossible("It is being undone, or was already.", status=change.status) from error
    return _keep(undoing, rows)


def _keep(change: BulkChange, rows: Iterable[BulkChangeRow]) -> BulkChange:
    kept = list(rows)
    for place, row in enumerate(kept):
        row.change, row.place = change, place
    BulkChangeRow.objects.bulk_create(kept, batch_size=2000)
    return change


def _check(rule: Rule, store: Store) -> None:
    if rule.method in (Method.SET, Method.ADD, Method.PERCENT) and rule.value is None:
        raise BulkChangeInvalid("value", "Say by how much, or to what.")
    if rule.method in (Method.ADD, Method.PERCENT) and rule.value == 0:
        raise BulkChangeInvalid("value", "Nothing would change.")
    if rule.method == Method.PERCENT and rule.value is not None and rule.value <= -100:
        raise BulkChangeInvalid("value", "Nothing would be left.")
    if rule.method == Method.SET and rule.value is not None and rule.value < 0:
        raise BulkChangeInvalid("value", "It must not be negative.")
    if rule.ending is not None and (rule.target == Target.STOCK or exponent(store.base_currency) < 2):
        raise BulkChangeInvalid("ending", "Only prices with two decimal places have an ending.")
    whole = rule.value is None or rule.value == rule.value.to_integral_value()
    if rule.target == Target.STOCK and rule.method != Method.PERCENT and not whole:
        raise BulkChangeInvalid("value", "Units are whole.")


def _price_rows(store: Store, rule: Rule, selection: Selection) -> Iterator[BulkChangeRow]:
    variants, values = _variants(store, selection), selection.values or {}
    yield from _rows_of_unknown(selection, (variant.sku for variant in variants))
    for variant in variants:
        row = BulkChangeRow(sku=variant.sku, variant=variant)
        yield _decided(row, variant.price_amount, partial(_new_price, rule, variant, values.get(variant.sku)))


def _new_price(rule: Rule, variant: ProductVariant, each: Decimal | None) -> Decimal:
    after = rule.price_after(variant.price_amount, each=each, currency=variant.currency)
    _refuse_above_offer(variant, after)
    return after


def _refuse_above_offer(variant: ProductVariant, after: Decimal) -> None:
    if variant.compare_at_amount is not None and after >= variant.compare_at_amount:
        raise Refused(f"{after} would not be below the price before the offer, {variant.compare_at}.")


def _stock_rows(store: Store, rule: Rule, selection: Selection) -> Iterator[BulkChangeRow]:
    places = StockLocation.objects.filter(store=store).order_by("pk")
    place = (places.filter(code=selection.location) if selection.location else places).first()
    if place is None:
        raise BulkChangeInvalid("location", "The store has no such place.")
    variants, values = _variants(store, selection), selection.values or {}
    yield from _rows_of_unknown(selection, (variant.sku for variant in variants))
    items = {item.variant_id: item for item in StockItem.objects.filter(location=place, variant__in=variants)}
    for variant in variants:
        item = items.get(variant.pk)
        row = BulkChangeRow(sku=variant.sku, variant=variant, stock_item=item)
        if item is None:
            yield _refused(row, f"It has never been at {place}; receive units first.")
        else:
            yield _decided(row, Decimal(item.on_hand), partial(_new_units, rule, item, values.get(variant.sku)))


def _new_units(rule: Rule, item: StockItem, each: Decimal | None) -> Decimal:
    return rule.units_after(Decimal(item.on_hand), each=each, promised=item.reserved + item.committed)


def _decided(row: BulkChangeRow, before: Decimal, decide: Callable[[], Decimal]) -> BulkChangeRow:
    row.before = before
    try:
        row.after = decide()
    except Refused as refusal:
        return _refused(row, str(refusal))
    row.outcome = Outcome.UNCHANGED if row.after == before else Outcome.PLANNED
    return row


def _refused(row: BulkChangeRow, reason: str) -> BulkChangeRow:
    row.outcome, row.reason = Outcome.REFUSED, reason[:200]
    return row


def _variants(store: Store, selection: Selection) -> list[ProductVariant]:
    """Those that are sold, in the order of their keys, which is the order in which they will be locked."""
    products: QuerySet[Product] = Product.objects.filter(store=store, deleted_at=None)
    variants = ProductVariant.objects.filter(is_active=True).order_by("product_id", "pk")
    if selection.values is None:
        narrowed = catalog_selectors.products_where(products, selection.where)
        variants = variants.filter(product__in=narrowed)
    else:
        variants = variants.filter(product__in=products, sku__in=list(selection.values))
    return list(variants[: MOST_ROWS + 1])


def _rows_of_unknown(selection: Selection, known: Iterable[str]) -> Iterator[BulkChangeRow]:
    missing = (selection.values or {}).keys() - set(known)
    for sku in sorted(missing):
        yield BulkChangeRow(sku=sku, outcome=Outcome.REFUSED, reason="The store sells no variant with this SKU.")


def _price_undone(done: BulkChangeRow) -> BulkChangeRow:
    row, variant = BulkChangeRow(sku=done.sku, variant=done.variant), done.variant
    if variant is None:
        return _refused(row, "The variant has gone.")
    return _decided(row, variant.price_amount, partial(_old_price, done, variant))


def _old_price(done: BulkChangeRow, variant: ProductVariant) -> Decimal:
    before, after = done.step
    if variant.price_amount != after:
        raise Refused(f"It is {variant.price} now: somebody has changed it since.")
    _refuse_above_offer(variant, before)
    return before


def _units_undone(done: BulkChangeRow) -> BulkChangeRow:
    row, item = BulkChangeRow(sku=done.sku, variant=done.variant, stock_item=done.stock_item), done.stock_item
    if item is None:
        return _refused(row, "The stock item has gone.")
    before, after = done.step
    back = Rule(Target.STOCK, Method.ADD, before - after)
    return _decided(row, Decimal(item.on_hand), partial(_new_units, back, item, None))
