"""Product files: CSV with one row per variant, in the format that fixtures/README.md describes.

A cell that a spreadsheet would take for a formula is written with an apostrophe in front, and read without it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from apps.catalog.drafts import Errors, ProductDraft, VariantDraft

MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 200_000

_ALWAYS = ("handle", "name", "product_type", "sku")
_OF_PRODUCT = ("name", "product_type", "category", "tags", "description", "is_featured")
_OF_VARIANT = ("sku", "barcode", "weight_grams", "stock")
_OPTIONS = tuple((f"option.{n}.name", f"option.{n}.value") for n in (1, 2, 3))
_LIKE_A_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_BETWEEN_PATHS, _BETWEEN_NAMES, _BETWEEN_TAGS = " | ", " > ", ";"
_ATTRIBUTE = "attribute."
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,4})?")
_WHOLE = re.compile(r"\d{1,7}")


class UnreadableFile(Exception):
    """The file as a whole is of no use; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True, order=True)
class RowProblem:
    """What is wrong with one row: `line` as an editor counts it, `column` of the header, empty for the whole row."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that lies somewhere else; nobody has fetched it yet."""

    address: str
    alt: str = ""


@dataclass(slots=True)
class Entry:
    """One product of the file: its draft, the line of each variant, and units on the shelf by SKU where it says so.

    `is_shown` and `pictures` are said by other shops' files only.
    """

    draft: ProductDraft
    lines: list[int]
    stock: dict[str, int]
    is_shown: bool = True
    pictures: list[Picture] = field(default_factory=list)

    def problems_of(self, errors: Errors, price_column: str) -> list[RowProblem]:
        """What the catalogue says of the draft, in the words of the file."""
        return [
            RowProblem(*self._place_of(name, price_column), message)
            for name, messages in errors.items()
            for message in messages
        ]

    def _place_of(self, name: str, price_column: str) -> tuple[int, str]:
        """Line and column of a field such as `attributes.grade` or `variants.1.sku`."""
        columns = {
            "slug": "handle",
            "categories": "category",
            "price_amount": price_column,
            "compare_at_amount": f"compare_at_{price_column}",
            "options": _OPTIONS[0][1],
        }
        first, _, rest = name.partition(".")
        if first == "variants" and rest:
            index, _, of_variant = rest.partition(".")
            return self.lines[int(index)], columns.get(of_variant, of_variant)
        if first == "attributes":
            return self.lines[0], _ATTRIBUTE + rest
        return self.lines[0], columns.get(first, first)


@dataclass(slots=True)
class ProductFile:
    """What could be read: all data rows counted, the products whose rows are all sound, and what is wrong."""

    price_column: str
    rows: int = 0
    products: int = 0
    entries: list[Entry] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    """One row with its cells by column; taking a value out of it notes what is wrong with it."""

    line: int
    cells: dict[str, str]
    problems: list[RowProblem] = field(default_factory=list)

    def refuse(self, column: str, reason: str) -> None:
        self.problems.append(RowProblem(self.line, column, reason))

    def text(self, column: str) -> str:
        value = self.cells.get(column, "").strip()
        if "\0" in value:
            self.refuse(column, "There is a NUL character in it.")
        if value[:1] in {"=", "+", "-", "@"}:
            self.refuse(column, "It begins like a spreadsheet formula; put an apostrophe or a word in front.")
        return value[1:] if value.startswith("'") and _LIKE_A_FORMULA.match(value) else value

    def amount(self, column: str) -> Decimal | None:
        value = self.cells.get(column, "").strip()
        if value and not _AMOUNT.fullmatch(value):
            self.refuse(column, f"“{value[:40]}” is no amount; write it like 12.50.")
            return None
        return Decimal(value) if value else None

    def whole(self, column: str) -> int | None:
        value = self.cells.get(column, "").strip()
        if value and not _WHOLE.fullmatch(value):
            self.refuse(column, f"“{value[:40]}” is no whole number from 0 to 9999999.")
            return None
        return int(value) if value else None

    def yes_or_no(self, column: str) -> bool:
        value = self.cells.get(column, "").strip()
        if value not in {"", "true", "false"}:
            self.refuse(column, f"“{value[:40]}” is neither true nor false.")
        return value == "true"


def read_products(path: Path, *, currency: str) -> ProductFile:
    """Read a file whose prices are in `currency`: the columns are then `price_usd` and `compare_at_price_usd`.

    A product with a bad row is left out whole.

    Raises:
        UnreadableFile: it is too large, not UTF-8, not CSV, or its header is not ours.
    """
    file = ProductFile(price_column=f"price_{currency.lower()}")
    seen: set[str] = set()
    for handle, group in groupby(_rows(path, file), key=lambda row: row.cells.get("handle", "").strip()):
        rows = list(group)
        file.products += 1
        if handle in seen:
            rows[0].refuse("handle", f"“{handle[:80]}” stood further up already; the rows of a product stand together.")
        seen.add(handle)
        entry = _entry(rows, file.price_column)
        problems = [problem for row in rows for problem in row.problems]
        file.problems.extend(problems)
        if not problems:
            file.entries.append(entry)
    return file


def _rows(path: Path, file: ProductFile) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text_of(path), newline=""), strict=True)
    try:
        header = _header(next(reader, []), file.price_column)
        line = reader.line_num + 1
        for cells in reader:
            row = _Row(line, dict(zip(header, cells, strict=False)))
            line = reader.line_num + 1
            if not any(cells):
                continue
            file.rows += 1
            if file.rows > MOST_ROWS:
                raise UnreadableFile(f"The file has more than {MOST_ROWS} rows; split it.")
            if len(cells) != len(header):
                row.refuse("", f"The row has {len(cells)} cells where the header has {len(header)}.")
                row.cells = {"handle": row.cells.get("handle", "")}  # who knows what the others are
            yield row
    except csv.Error as error:
        raise UnreadableFile(f"Line {reader.line_num} is no CSV: {error}.") from error


def text_of(path: Path) -> str:
    """The whole file as text. Raises UnreadableFile."""
    try:
        with path.open("rb") as source:
            content = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise UnreadableFile(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB; split it.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile("The file is in UTF-16; save it as CSV UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"Line {line} is not in UTF-8; save the file as CSV UTF-8.") from error


def _header(cells: list[str], price_column: str) -> list[str]:
    columns = [cell.strip() for cell in cells]
    known = {"handle", *_OF_PRODUCT, *_OF_VARIANT, price_column, f"compare_at_{price_column}"}
    known.update(column for option in _OPTIONS for column in option)
    missing = [column for column in (*_ALWAYS, price_column) if column not in columns]
    unknown = [column for column in columns if column not in known and not column.startswith(_ATTRIBUTE)]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if len(columns) == 1 and ";" in columns[0]:
        raise UnreadableFile("The columns are parted by semicolons; part them by commas.")
    if missing:
        raise UnreadableFile(f"The header has no column {', '.join(missing)}.")
    if unknown:
        raise UnreadableFile(f"The header has a column that we do not know: {', '.join(unknown)[:200]}.")
    if twice:
        raise UnreadableFile(f"The header has a column twice: {', '.join(twice)}.")
    return columns


def _entry(rows: list[_Row], price_column: str) -> Entry:
    variants, stock = [], {}
    for row in rows:
        variant = _variant(row, price_column)
        units = row.whole("stock")
        variants.append(variant)
        if units is not None:
            stock[variant.sku] = units
    for row in rows[1:]:
        _refuse_product_cells(row, rows[0])
    return Entry(_draft(rows[0], tuple(variants)), [row.line for row in rows], stock)


def _refuse_product_cells(row: _Row, first: _Row) -> None:
    for column, value in row.cells.items():
        is_of_product = column in _OF_PRODUCT or column.startswith(_ATTRIBUTE)
        if is_of_product and value.strip() and value != first.cells.get(column):
            row.refuse(column, f"It differs from line {first.line}; fill it in a product's first row only.")


def _draft(row: _Row, variants: tuple[VariantDraft, ...]) -> ProductDraft:
    paths = [_path(text) for text in row.text("category").split(_BETWEEN_PATHS)]
    attributes = {column.removeprefix(_ATTRIBUTE): row.text(column) for column in row.cells if _ATTRIBUTE in column}
    return ProductDraft(
        slug=row.text("handle"),
        name=row.text("name"),
        product_type=row.text("product_type"),
        description=row.text("description"),
        attributes={code: value for code, value in attributes.items() if value},
        categories=frozenset(path for path in paths if path),
        tags=frozenset(tag.strip() for tag in row.text("tags").split(";") if tag.strip()),
        is_featured=row.yes_or_no("is_featured"),
        variants=variants,
    )


def _path(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(_BETWEEN_NAMES) if name.strip())


def _variant(row: _Row, price_column: str) -> VariantDraft:
    price = row.amount(price_column)
    if price is None and not row.problems:
        row.refuse(price_column, "A variant needs a price.")
    options = {row.text(name): row.text(value) for name, value in _OPTIONS}
    return VariantDraft(
        sku=row.text("sku"),
        price_amount=price or Decimal(0),
        compare_at_amount=row.amount(f"compare_at_{price_column}"),
        options={name: value for name, value in options.items() if name or value},
        barcode=row.text("barcode"),
        weight_grams=row.whole("weight_grams") or 0,
    )


def defused(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula; reading takes the apostrophe off again."""
    return f"'{cell}" if _LIKE_A_FORMULA.match(cell) else cell


def header_of(attribute_codes: Sequence[str], *, currency: str) -> list[str]:
    price = f"price_{currency.lower()}"
    return [
        *("handle", "name", "product_type", "category", "tags", "description", "is_featured"),
        *(_ATTRIBUTE + code for code in attribute_codes),
        *(column for option in _OPTIONS for column in option),
        *("sku", "barcode", price, f"compare_at_{price}", "weight_grams", "stock"),
    ]


def why_not_in_rows(draft: ProductDraft) -> str:
    """Why a product does not fit into rows of this format; empty when it does."""
    if not draft.variants:
        return "It has no variant that is sold."
    if any(len(variant.options) > len(_OPTIONS) for variant in draft.variants):
        return f"A variant has more than {len(_OPTIONS)} options."
    names = [name for path in draft.categories for name in path]
    if any(mark.strip() in name for name in names for mark in (_BETWEEN_PATHS, _BETWEEN_NAMES)):
        return "The name of a category holds a mark that parts categories."
    return ""


def rows_of(draft: ProductDraft, units: Mapping[str, int], *, currency: str) -> Iterator[dict[str, str]]:
    """The product's rows by column; what is of the product stands in the first one only."""
    price = f"price_{currency.lower()}"
    of_product = {
        "name": draft.name,
        "product_type": draft.product_type,
        "category": _BETWEEN_PATHS.join(_BETWEEN_NAMES.join(path) for path in sorted(draft.categories)),
        "tags": _BETWEEN_TAGS.join(sorted(draft.tags)),
        "description": draft.description,
        "is_featured": str(draft.is_featured).lower(),
        **{_ATTRIBUTE + code: str(value) for code, value in draft.attributes.items()},
    }
    for variant in draft.variants:
        options = zip(_OPTIONS, variant.options.items(), strict=False)
        yield {
            "handle": draft.slug,
            **of_product,
            **{column: text for columns, pair in options for column, text in zip(columns, pair, strict=True)},
            "sku": variant.sku,
            "barcode": variant.barcode,
            price: _amount(variant.price_amount),
            f"compare_at_{price}": "" if variant.compare_at_amount is None else _amount(variant.compare_at_amount),
            "weight_grams": str(variant.weight_grams),
            "stock": str(units[variant.sku]) if variant.sku in units else "",
        }
        of_product = {}


def _amount(amount: Decimal) -> str:
    """Two places, unless more of them say something."""
    return f"{amount:.2f}" if amount == amount.quantize(Decimal("0.01")) else f"{amount.normalize():f}"
