"""A JSONL file of ours, line by line: what each says, and whether it can be what we wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from apps.bulk import records
from apps.bulk.product_files import UnreadableFile
from apps.bulk.records import Json, Names, Unreadable
from apps.bulk.services.exporting import FORMAT
from apps.catalog.drafts import ProductDraft, VariantDraft
from apps.catalog.models import Product, ProductVariant
from apps.catalog.texts import LONGEST, from_kept, specifications_of
from apps.stores.models import Store

MOST_BYTES_OF_A_LINE = 2 * 1024 * 1024
MOST_UNITS = 10**7
_BESIDE_COLUMNS = {"categories", "tags", "variants", "stock"}
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class StockLine:
    """Units of a variant at a place, by SKU and the place's key."""

    sku: str
    location_id: int
    on_hand: int
    low_stock_threshold: int


@dataclass(frozen=True, slots=True)
class ProductLine:
    """A product's line as it was read; `values` and `variants` are what its columns say, ready for rows."""

    number: int
    data: Json
    values: dict[str, Any]
    variants: list[dict[str, Any]]
    stock: list[StockLine]
    draft: ProductDraft

    @property
    def slug(self) -> str:
        return self.draft.slug


def count_lines(path: Path) -> int:
    """How many lines the file has, for a progress bar.

    Raises:
        UnreadableFile: it is not there, or not ours to read.
    """
    try:
        with path.open("rb") as source:
            return sum(1 for _ in source)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}.") from error


def read_lines(path: Path, store: Store) -> Iterator[tuple[int, str, Json]]:
    """Each line behind the header: its number, what kind of thing it tells, and what it tells.

    Raises:
        UnreadableFile: the header is not one of ours, is another store's, or a line is no JSON that a product can be.
    """
    with path.open("rb") as source:
        for number, line in enumerate(iter(lambda: source.readline(MOST_BYTES_OF_A_LINE + 1), b""), start=1):
            if len(line) > MOST_BYTES_OF_A_LINE:
                raise UnreadableFile(f"Line {number} is longer than any product.")
            if not line.strip():
                continue
            kind, data = _kind_and_data(number, line)
            if number == 1:
                _check_header(kind, data, store)
            else:
                yield number, kind, data


def _kind_and_data(number: int, line: bytes) -> tuple[str, Json]:
    """What could never be kept anywhere is no JSON to us: NaN, half a character, NUL."""
    try:
        read = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(f"Line {number} is no JSON in UTF-8.") from error
    if _NUL.search(line):
        raise UnreadableFile(f"There is a NUL character in line {number}.")
    if not isinstance(read, dict) or len(read) != 1 or not all(isinstance(data, dict) for data in read.values()):
        raise UnreadableFile(f"Line {number} is not one object with one kind.")
    return next(iter(read.items()))


def _check_header(kind: str, data: Json, store: Store) -> None:
    if kind != "shop" or data.get("format") != FORMAT:
        raise UnreadableFile(f"The first line does not say that this is a product file of format {FORMAT}.")
    if data.get("currency") != store.base_currency:
        raise UnreadableFile(f"Its prices are in {data.get('currency')}; {store} keeps them in {store.base_currency}.")


def read_product(number: int, data: Json, names: Names, places: Mapping[str, int]) -> ProductLine:
    """Raises Unreadable."""
    _require(data, "slug", "name", "product_type", "variants")
    for slug in texts(data, "categories"):
        if names.key(records.table("catalog.Category"), slug) is None:
            raise Unreadable("categories", f"There is no category “{slug[:80]}”.")
    for slug in texts(data, "tags"):
        if names.key(records.table("catalog.Tag"), slug) is None:
            raise Unreadable("tags", f"There is no tag “{slug[:80]}”.")
    tables = {place for _, place in (*records.ROWS_OF_PRODUCT.values(), *records.ROWS_OF_VARIANT.values())}
    beside = _BESIDE_COLUMNS | tables
    values = records.values_of(Product, {k: v for k, v in data.items() if k not in beside}, names)
    variants = []
    for place, variant in enumerate(objects(data, "variants")):
        try:
            _require(variant, "sku", "price_amount")
            own = {k: v for k, v in variant.items() if k not in beside}
            variants.append(records.values_of(ProductVariant, own, names))
        except Unreadable as error:
            raise Unreadable(f"variants.{place}.{error.column}", str(error)) from error
    stock = [
        _stock_line(variant["sku"], one, places) for variant in data["variants"] for one in objects(variant, "stock")
    ]
    return ProductLine(number, data, values, variants, stock, _draft(data, values, variants))


def _require(data: Json, *keys: str) -> None:
    for key in keys:
        if key not in data:
            raise Unreadable(key, "It is missing.")


def texts(data: Json, key: str) -> list[str]:
    """The list under the key, empty if there is none; raises Unreadable if it holds anything but texts."""
    texts = data.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Unreadable(key, "This is no list of texts.")
    return texts


def objects(data: Json, key: str) -> list[Json]:
    """The list under the key, empty if there is none; raises Unreadable if it holds anything but objects."""
    objects = data.get(key, [])
    if not isinstance(objects, list) or not all(isinstance(one, dict) for one in objects):
        raise Unreadable(key, "This is no list of objects.")
    return objects


def _draft(data: Json, values: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]) -> ProductDraft:
    """What the rules about drafts are asked of: they hold for what is sold."""
    for place, variant in enumerate((values, *variants)):
        texts = variant.get("options" if place else "attributes") or {}
        allowed = str if place else (str, int, float)
        if not isinstance(texts, dict) or not all(isinstance(text, allowed) for text in texts.values()):
            raise Unreadable("variants" if place else "attributes", "Values by name are wanted here.")
    try:
        said_otherwise = from_kept(values.get("translations") or {})
        specifications = specifications_of(values.get("specifications") or ())
        texts = [*(one for pair in specifications for one in pair)]
        texts += [one for other in said_otherwise.values() for pair in other.specifications for one in pair]
        texts += [getattr(other, name) for other in said_otherwise.values() for name in LONGEST]
    except (AttributeError, KeyError, TypeError) as error:
        raise Unreadable("translations", "Translations and specifications have another shape.") from error
    if not all(isinstance(text, str) for text in texts):
        raise Unreadable("translations", "Translations and specifications are texts.")
    return ProductDraft(
        specifications=specifications,
        translations=said_otherwise,
        seo_title=values.get("seo_title", ""),
        seo_description=values.get("seo_description", ""),
        slug=values["slug"],
        name=values["name"],
        product_type=data["product_type"],
        description=values.get("description", ""),
        attributes=values.get("attributes") or {},
        is_featured=values.get("is_featured", False),
        variants=tuple(
            VariantDraft(
                sku=variant["sku"],
                price_amount=variant["price_amount"],
                compare_at_amount=variant.get("compare_at_amount"),
                options=variant.get("options") or {},
                barcode=variant.get("barcode", ""),
                weight_grams=variant.get("weight_grams", 0),
            )
            for variant in variants
            if variant.get("is_active", True)
        ),
    )


def _stock_line(sku: str, said: Json, places: Mapping[str, int]) -> StockLine:
    code, units, low = said.get("location"), said.get("on_hand"), said.get("low_stock_threshold")
    if not isinstance(code, str) or code not in places:
        raise Unreadable("variants.stock", f"{sku}: the store has no place “{str(code)[:40]}”.")
    for count in (units, low):
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST_UNITS:
            raise Unreadable("variants.stock", f"{sku}: `on_hand` and `low_stock_threshold` are whole numbers.")
    return StockLine(sku, places[code], int(units or 0), int(low or 0))
