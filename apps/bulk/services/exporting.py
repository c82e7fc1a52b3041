"""A store's products as a file: JSONL with all that there is to them, or CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from django.db.models import F, QuerySet

from apps.bulk import product_files, records
from apps.bulk.records import Json, Names
from apps.catalog.drafts import ProductDraft
from apps.catalog.models import Attribute, Category, CategorySlug, Product, ProductType, ProductVariant, Tag
from apps.catalog.services.saving import drafts_of
from apps.inventory.models import StockItem, StockLocation
from apps.stores.models import Store

FORMAT = 1
BATCH = 500


def jsonl(store: Store, *, progress: Callable[[int, int], None] = lambda done, total: None) -> Iterator[bytes]:
    """One line for each attribute, product type, category, tag, place and product, in an order that can be read back.

    Each is an object with one key, its kind. The first line says what the file is.
    """
    yield _line("shop", {"format": FORMAT, "store": store.slug, "currency": store.base_currency})
    names = Names()
    for attribute in Attribute.objects.order_by("position", "code"):
        yield _line("attribute", records.written(attribute, names))
    for kind in ProductType.objects.order_by("code"):
        codes = list(kind.attributes.order_by("code").values_list("code", flat=True))
        yield _line("product_type", {**records.written(kind, names), "attributes": codes})
    yield from _category_lines(names)
    for tag in Tag.objects.order_by("slug"):
        yield _line("tag", records.written(tag, names))
    for place in StockLocation.objects.filter(store=store).order_by("pk"):
        yield _line("location", records.written(place, names))
    products = Product.objects.filter(store=store)
    for batch in _batches(products, progress):
        yield from (_line("product", data) for data in product_data(batch, names))


def _category_lines(names: Names) -> Iterator[bytes]:
    slugs: dict[str, str] = {}
    former: dict[int, list[str]] = defaultdict(list)
    for kept in CategorySlug.objects.exclude(slug=F("category__slug")).order_by("slug"):
        former[kept.category_id].append(kept.slug)
    for category in Category.objects.order_by("path"):
        slugs[category.path] = category.slug
        parent = slugs.get(category.path[: -Category.steplen])
        beside = {"parent": parent, "former_slugs": former[category.pk]}
        yield _line("category", {**records.written(category, names), **beside})


def _line(kind: str, data: Json) -> bytes:
    return json.dumps({kind: data}, ensure_ascii=False).encode() + b"\n"


def _batches(products: QuerySet[Product], progress: Callable[[int, int], None]) -> Iterator[Sequence[Product]]:
    """In the order of their keys, so that what was new stays new."""
    total, done, last = products.count(), 0, 0
    while batch := list(products.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        done, last = done + len(batch), batch[-1].pk
        progress(done, total)


def product_data(products: Collection[Product], names: Names) -> Iterator[Json]:
    """All that belongs to these products, as their lines hold it."""
    keys = [product.pk for product in products]
    categories, tags = _slugs(Product.categories.through, "category", keys), _slugs(Product.tags.through, "tag", keys)
    variants = records.rows_by(ProductVariant, "product", keys)
    variant_keys = [variant.pk for own in variants.values() for variant in own]
    names.learn(ProductVariant, keys=variant_keys)
    of_product = _tables(records.ROWS_OF_PRODUCT, keys)
    of_variant = _tables(records.ROWS_OF_VARIANT, variant_keys)
    stock = _stock(variant_keys)
    for product in products:
        yield {
            **records.written(product, names),
            "categories": sorted(categories[product.pk]),
            "tags": sorted(tags[product.pk]),
            **{place: [records.written(row, names) for row in rows[product.pk]] for place, rows in of_product.items()},
            "variants": [
                {
                    **records.written(variant, names),
                    **{
                        place: [records.written(row, names) for row in rows[variant.pk]]
                        for place, rows in of_variant.items()
                    },
                    "stock": stock[variant.pk],
                }
                for variant in variants[product.pk]
            ],
        }


def _tables(which: dict[str, tuple[str, str]], keys: Collection[int]) -> dict[str, dict[int, list[Any]]]:
    return {place: records.rows_by(records.table(label), owner, keys) for label, (owner, place) in which.items()}


def _slugs(through: Any, target: str, keys: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for product_id, slug in through.objects.filter(product__in=keys).values_list("product_id", f"{target}__slug"):
        found[product_id].append(slug)
    return found


def _stock(variant_keys: Collection[int]) -> dict[int, list[Json]]:
    found: dict[int, list[Json]] = defaultdict(list)
    items = StockItem.objects.filter(variant__in=variant_keys).select_related("location").order_by("location", "pk")
    for item in items:
        found[item.variant_id].append(
            {
                "location": item.location.code,
                "on_hand": item.on_hand,
                "low_stock_threshold": item.low_stock_threshold,
            }
        )
    return found


def csv_lines(
    store: Store,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    left_out: Callable[[str, str], None] = lambda slug, reason: None,
) -> Iterator[bytes]:
    """A row for each variant that is sold, as `import_products` reads them; cells that begin like formulas are defused.

    `left_out` is told of each product that does not fit into rows, and why.
    """
    codes = list(Attribute.objects.order_by("position", "code").values_list("code", flat=True))
    header = product_files.header_of(codes, currency=store.base_currency)
    yield _csv_line(header)
    products = Product.objects.filter(store=store, deleted_at=None).select_related("product_type")
    for batch in _batches(products, progress):
        drafts = drafts_of(batch)
        units = _units(draft for draft in drafts.values())
        for product in batch:
            draft = drafts[product.pk]
            reason = product_files.why_not_in_rows(draft)
            if reason:
                left_out(product.slug, reason)
                continue
            for row in product_files.rows_of(draft, units, currency=store.base_currency):
                yield _csv_line([product_files.defused(row.get(column, "")) for column in header])


def _units(drafts: Iterator[ProductDraft]) -> dict[str, int]:
    skus = [variant.sku for draft in drafts for variant in draft.variants]
    units: dict[str, int] = {}
    for sku, on_hand in StockItem.objects.filter(variant__sku__in=skus).values_list("variant__sku", "on_hand"):
        units[sku] = units.get(sku, 0) + on_hand
    return units


def _csv_line(cells: Sequence[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()
