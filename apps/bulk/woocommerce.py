"""Product files of WooCommerce, as its own exporter writes them.

A `variable` product has a row of its own, and a `variation` row for each variant, whose `Parent` is the product's SKU
or `id:` and its number, wherever they stand. Grouped and external products are not products here.
Source: https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from django.utils.text import slugify

from apps.bulk.foreign import (
    Look,
    Row,
    addresses,
    before_and_after,
    grams,
    keep,
    path_of,
    plain_text,
    rows_of,
    tag_slugs,
)
from apps.bulk.product_files import Entry, Picture, ProductFile
from apps.catalog.drafts import ProductDraft, VariantDraft

PRICE, SALE = "Regular price", "Sale price"
BARCODE = "GTIN, UPC, EAN, or ISBN"
_WEIGHT = re.compile(r"Weight(?: \((?P<unit>\w+)\))?")
_ATTRIBUTE = re.compile(r"Attribute (?P<number>\d{1,3}) name")
_SOLD = {"simple", "variable", "variation"}
_BESIDE = {"virtual", "downloadable"}


def read(path: Path, *, look: Look) -> ProductFile:
    """The products of the file; what cannot be a product here is told by line.

    Raises:
        UnreadableFile: it is too large, not UTF-8, no CSV, or not WooCommerce's.
    """
    file = ProductFile(price_column=PRICE)
    parents: list[Row] = []
    variations: dict[str, list[Row]] = defaultdict(list)
    for row in rows_of(path, needs=(("Type",), ("Name",), (PRICE,)), file=file):
        kinds = {kind.strip().lower() for kind in row.text("Type").split(",")}
        if kinds - _BESIDE - _SOLD or not kinds & _SOLD:
            row.refuse("Type", f"Products of the type “{row.text('Type')[:40]}” are not sold here.")
            file.products += 1
            file.problems.extend(row.problems)
        elif "variation" in kinds:
            variations[row.text("Parent")].append(row)
        else:
            parents.append(row)
    for row in parents:
        own = [*variations.pop(row.text("SKU"), []), *variations.pop(f"id:{row.text('ID')}", [])]
        keep(file, [row, *own], lambda: _entry(row, own, look))  # noqa: B023  called at once
    for orphans in variations.values():
        for row in orphans:
            row.refuse("Parent", f"There is no variable product “{row.text('Parent')[:80]}” in the file.")
            file.problems.extend(row.problems)
    return file


def _entry(row: Row, variations: Sequence[Row], look: Look) -> Entry:
    is_variable = "variable" in row.text("Type").lower()
    if is_variable and not variations:
        row.refuse("Type", "There is no variation of it in the file.")
    sold = list(variations) if is_variable else [row]
    sold.sort(key=lambda one: one.amount("Position") or Decimal(0))
    variants, stock = [], {}
    for one in sold:
        variant = _variant(one, options=_attributes(one) if is_variable else {})
        units = one.units("Stock") if one.text("Stock").lower() != "parent" else None
        variants.append(variant)
        if units is not None:
            stock[variant.sku] = units
    brand = row.text("Brands", "Brand").split(",")[0].strip()
    draft = ProductDraft(
        slug=slugify(row.text("Slug", "Name"))[:140],
        name=row.text("Name"),
        product_type=look.product_type,
        description=plain_text(row.text("Description", "Short description")),
        attributes={look.vendor_attribute: brand} if brand and look.vendor_attribute else {},
        categories=frozenset(path for text in _parts(row.text("Categories")) if (path := path_of(text))),
        tags=tag_slugs(row.text("Tags")),
        is_featured=row.text("Is featured?") == "1",
        variants=tuple(variants),
    )
    is_shown = row.text("Published") in {"", "1"} and row.text("Visibility in catalog").lower() != "hidden"
    pictures = [Picture(one) for source in (row, *variations) for one in addresses(source.text("Images"))]
    return Entry(draft, [one.line for one in sold], stock, is_shown=is_shown, pictures=list(dict.fromkeys(pictures)))


def _variant(row: Row, options: dict[str, str]) -> VariantDraft:
    price, before = before_and_after(row.amount(PRICE), row.amount(SALE))
    if price is None:
        row.refuse(PRICE, "A variant needs a price.")
    if not row.text("SKU"):
        row.refuse("SKU", "There is no SKU; give it one.")
    weight, unit = next(
        ((column, found["unit"] or "kg") for column in row.cells if (found := _WEIGHT.fullmatch(column))), ("", "kg")
    )
    return VariantDraft(
        sku=row.text("SKU"),
        price_amount=price or Decimal(0),
        compare_at_amount=before,
        options=options,
        barcode=row.text(BARCODE),
        weight_grams=grams(row.amount(weight) if weight else None, unit),
    )


def _attributes(row: Row) -> dict[str, str]:
    """What tells a variation from its sisters: `Attribute 1 name` and `Attribute 1 value(s)`, and so on."""
    numbers = sorted(int(found["number"]) for column in row.cells if (found := _ATTRIBUTE.fullmatch(column)))
    said = {row.text(f"Attribute {n} name"): row.text(f"Attribute {n} value(s)") for n in numbers}
    return {name: value for name, value in said.items() if name and value}


def _parts(text: str) -> list[str]:
    """Parted by commas, but for those that a backslash keeps."""
    return [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", text) if part.strip()]
