"""Product files of Shopify, in today's layout (`URL handle`, `SKU`) and the one before (`Handle`, `Variant SKU`).

A product's rows share a handle and stand together; the first one says what is of the product. A row without options
only brings one more picture. Source: https://help.shopify.com/en/manual/products/import-export/using-csv
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from apps.bulk.foreign import Look, Row, addresses, grams, keep, path_of, plain_text, rows_of, tag_slugs
from apps.bulk.product_files import Entry, Picture, ProductFile
from apps.catalog.drafts import ProductDraft, VariantDraft

HANDLE = ("URL handle", "Handle")
NAME = ("Title",)
DESCRIPTION = ("Description", "Body (HTML)")
CATEGORY = ("Product category", "Product Category")
PUBLISHED = ("Published on online store", "Published")
SKU = ("SKU", "Variant SKU")
BARCODE = ("Barcode", "Variant Barcode")
PRICE = ("Price", "Variant Price")
BEFORE = ("Compare-at price", "Variant Compare At Price")
STOCK = ("Inventory quantity", "Variant Inventory Qty")
WEIGHT = ("Weight value (grams)", "Variant Grams")
IMAGE = ("Product image URL", "Image Src")
IMAGE_ALT = ("Image alt text", "Image Alt Text")
VARIANT_IMAGE = ("Variant image URL", "Variant Image")
GIFT_CARD = ("Gift card", "Gift Card")
OPTIONS = tuple(((f"Option{n} name", f"Option{n} Name"), (f"Option{n} value", f"Option{n} Value")) for n in (1, 2, 3))
ONLY_ONE = ("Title", "Default Title")


def read(path: Path, *, look: Look) -> ProductFile:
    """The products of the file; what cannot be a product here is told by line.

    Raises:
        UnreadableFile: it is too large, not UTF-8, no CSV, or not Shopify's.
    """
    file = ProductFile(price_column=PRICE[0])
    rows = rows_of(path, needs=(HANDLE, NAME, PRICE), file=file)
    seen: set[str] = set()
    for handle, group in groupby(rows, key=lambda row: row.text(*HANDLE)):
        of_product = list(group)
        if not handle:
            of_product[0].refuse(HANDLE[0], "There is no handle.")
        if handle in seen:
            of_product[0].refuse(HANDLE[0], f"“{handle[:80]}” stood further up already.")
        seen.add(handle)
        keep(file, of_product, lambda: _entry(handle, of_product, look))  # noqa: B023  called at once
    return file


def _entry(handle: str, rows: Sequence[Row], look: Look) -> Entry:
    first = rows[0]
    if first.text(*GIFT_CARD).lower() == "true":
        first.refuse(GIFT_CARD[0], "Gift cards are not sold here.")
    names = [first.text(*name) for name, _ in OPTIONS]
    sold = [row for row in rows if row.text(*PRICE) or row.text(*SKU) or row.text(*OPTIONS[0][1])]
    variants, stock = [], {}
    for row in sold:
        variant = _variant(row, names, handle)
        units = row.units(*STOCK)
        variants.append(variant)
        if units is not None:
            stock[variant.sku] = units
    vendor = first.text("Vendor")
    category = path_of(first.text(*CATEGORY))
    draft = ProductDraft(
        slug=handle.lower(),
        name=first.text(*NAME),
        product_type=look.product_type,
        description=plain_text(first.text(*DESCRIPTION)),
        attributes={look.vendor_attribute: vendor} if vendor and look.vendor_attribute else {},
        categories=frozenset({category} if category else ()),
        tags=tag_slugs(first.text("Tags")),
        variants=tuple(variants),
    )
    is_shown = first.text(*PUBLISHED).lower() != "false" and first.text("Status").lower() in {"", "active"}
    return Entry(draft, [row.line for row in sold] or [first.line], stock, is_shown=is_shown, pictures=_pictures(rows))


def _variant(row: Row, names: Sequence[str], handle: str) -> VariantDraft:
    said = {name: row.text(*value) for name, (_, value) in zip(names, OPTIONS, strict=True) if name}
    price, before = row.amount(*PRICE), row.amount(*BEFORE)
    if price is None:
        row.refuse(PRICE[0], "A variant needs a price.")
    if not row.text(*SKU):
        row.refuse(SKU[0], f"A variant of {handle[:80]} has no SKU; give it one.")
    return VariantDraft(
        sku=row.text(*SKU).removeprefix("'"),
        price_amount=price or Decimal(0),
        compare_at_amount=before if before and price and before > price else None,
        options={name: value for name, value in said.items() if value and (name, value) != ONLY_ONE},
        barcode=row.text(*BARCODE).removeprefix("'"),
        weight_grams=grams(row.amount(*WEIGHT), "g"),
    )


def _pictures(rows: Sequence[Row]) -> list[Picture]:
    pictures = [Picture(address, alt=row.text(*IMAGE_ALT)) for row in rows for address in addresses(row.text(*IMAGE))]
    known = {picture.address for picture in pictures}
    of_variants = [address for row in rows for address in addresses(row.text(*VARIANT_IMAGE)) if address not in known]
    return pictures + [Picture(address) for address in dict.fromkeys(of_variants)]
