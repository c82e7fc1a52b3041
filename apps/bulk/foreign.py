"""What product files of other shops have in common: cells by the names of their columns, and what may be wrong."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

import nh3
from django.utils.text import slugify

from apps.bulk.product_files import MOST_ROWS, Entry, ProductFile, RowProblem, UnreadableFile, text_of
from apps.catalog.drafts import CategoryPath

MOST_DIGITS = 15  # before the point: 1e9999999 is short to write and long to reckon with
_BLOCK = re.compile(r"</(?:p|div|li|h[1-6]|tr|ul|ol|table|blockquote)>|<br\s*/?>", re.IGNORECASE)
_ITEM = re.compile(r"<li[^>]*>", re.IGNORECASE)
_GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237")}
_ADDRESS = re.compile(r"https?://[^\s,|]{1,2000}", re.IGNORECASE)


@dataclass(slots=True)
class Row:
    """A row by its line, with what each column holds; taking a value out notes what is wrong with it."""

    line: int
    cells: Mapping[str, str]
    problems: list[RowProblem] = field(default_factory=list)

    def refuse(self, column: str, reason: str) -> None:
        self.problems.append(RowProblem(self.line, column, reason))

    def text(self, *columns: str) -> str:
        """The first of these columns that says something."""
        for column in columns:
            value = self.cells.get(column, "").strip()
            if "\0" in value:
                self.refuse(column, "There is a NUL character in it.")
            elif value:
                return value
        return ""

    def amount(self, *columns: str) -> Decimal | None:
        text = self.text(*columns)
        try:
            amount = Decimal(text) if text else None
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount is not None and not (amount.is_finite() and amount.adjusted() < MOST_DIGITS):
            self.refuse(self.column_of(columns), f"“{text[:40]}” is no number; write it like 12.50.")
            return None
        return amount

    def units(self, *columns: str) -> int | None:
        amount = self.amount(*columns)
        if amount is None:
            return None
        if amount != amount.to_integral_value() or abs(amount) > 10**7:
            self.refuse(self.column_of(columns), f"“{amount}” is no number of units.")
            return None
        return max(0, int(amount))  # they let stock fall below nothing, by backorders

    def column_of(self, columns: Sequence[str]) -> str:
        """Which of these columns speaks, for a message."""
        return next((column for column in columns if self.cells.get(column, "").strip()), columns[0])


@dataclass(frozen=True, slots=True)
class Look:
    """What a foreign file does not say, so whoever imports says it."""

    product_type: str
    vendor_attribute: str = ""


def rows_of(path: Path, *, needs: Iterable[Sequence[str]], file: ProductFile) -> Iterator[Row]:
    """The rows of a CSV file whose header has, of each of `needs`, at least one column.

    Raises:
        UnreadableFile: it is too large, not UTF-8, no CSV, or a file of another kind.
    """
    reader = csv.reader(io.StringIO(text_of(path), newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        for columns in needs:
            if not set(columns) & set(header):
                raise UnreadableFile(f"The header has no column {' or '.join(columns)}.")
        line = reader.line_num + 1
        for cells in reader:
            row = Row(line, dict(zip(header, cells, strict=False)))
            line = reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            file.rows += 1
            if file.rows > MOST_ROWS:
                raise UnreadableFile(f"The file has more than {MOST_ROWS} rows; split it.")
            yield row
    except csv.Error as error:
        raise UnreadableFile(f"Line {reader.line_num} is no CSV: {error}.") from error


def keep(file: ProductFile, rows: Sequence[Row], entry: Callable[[], Entry]) -> None:
    """Put the product of these rows into the file, or what is wrong with them."""
    file.products += 1
    made = entry()
    problems = [problem for row in rows for problem in row.problems]
    file.problems.extend(problems)
    if not problems:
        file.entries.append(made)


def plain_text(markup: str) -> str:
    """What a description says, without its markup: blocks become lines, items of lists begin with a dash."""
    text = _ITEM.sub("- ", _BLOCK.sub("\n", markup))
    text = html.unescape(nh3.clean(text, tags=set(), clean_content_tags={"script", "style"}))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def grams(amount: Decimal | None, unit: str) -> int:
    """A weight in whole grams; the unit is g, kg, oz or lb, and as it is written in a header or a cell."""
    unit = {"lbs": "lb", "ounces": "oz", "grams": "g"}.get(unit.lower(), unit.lower())
    return 0 if amount is None else round(amount * _GRAMS.get(unit, Decimal(1)))


def tag_slugs(text: str) -> frozenset[str]:
    return frozenset(slug for name in text.split(",") if (slug := slugify(name)[:60]))


def path_of(text: str) -> CategoryPath:
    """`Kits > High Grade` as the names on the way."""
    return tuple(name.strip()[:120] for name in text.split(">") if name.strip())


def addresses(text: str) -> list[str]:
    """The addresses of pictures in a cell, parted by commas; what is none is passed over."""
    return _ADDRESS.findall(text)


def before_and_after(regular: Decimal | None, sale: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """The price, and the price before an offer if there is a lower one now."""
    if regular is None or sale is None:
        return (sale if regular is None else regular), None
    return (sale, regular) if sale < regular else (regular, None)
