"""A bank's statement, CSV or XLSX, read by a layout: what the bank calls its columns and how it writes its figures."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from io import BytesIO, StringIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from apps.payments.pago_movil.reading import Unreadable, read_phone

MOST_BYTES = 5 * 1024 * 1024
MOST_BYTES_UNPACKED = 60 * 1024 * 1024
MOST_ROWS = 20_000
ROWS_ABOVE_THE_HEADER = 40  # banks print their name, the account and the period first
DIGITS_THAT_EXCEL_KEEPS = 15


class Sign(StrEnum):
    """How the statement tells money that came from money that went."""

    SIGNED = "signed"  # what went has a minus
    CREDITS = "credits"  # the amount's column has only what came; it is empty otherwise
    WORD = "word"  # another column has a word for money that came


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One bank's way of writing. Columns are named as in its header, in any case and with or without accents."""

    date_column: str
    reference_column: str
    amount_column: str
    phone_column: str = ""
    bank_column: str = ""
    text_column: str = ""
    kind_column: str = ""
    credit_word: str = ""
    sign: Sign = Sign.SIGNED
    decimal_point: str = ","
    date_format: str = "%d/%m/%Y"
    delimiter: str = ";"

    @property
    def needed_columns(self) -> list[str]:
        kind = [self.kind_column] if self.sign == Sign.WORD else []
        return [self.date_column, self.reference_column, self.amount_column, *kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Money that came. `row` counts from 1 as in the file; `bank` and `phone` are empty where the bank does not say."""

    row: int
    day: date
    reference: str
    amount: Decimal
    bank: str = ""
    phone: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A row that looks like a movement and cannot be read."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Statement:
    lines: list[Line] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)
    outgoing: int = 0


class UnreadableStatement(Exception):
    """The file is not such a statement; the message is one sentence for staff."""


class _BadCell(Exception):
    pass


def read_statement(content: bytes, layout: Layout, *, most_bytes: int = MOST_BYTES) -> Statement:
    """Every line of money that came, and those that look like one and cannot be read.

    Raises:
        UnreadableStatement: no CSV or XLSX file with these columns, or larger than our limits.
    """
    if len(content) > most_bytes:
        raise UnreadableStatement(f"The file is larger than {most_bytes // 1024 // 1024} MB.")
    rows = _workbook_rows(content) if content.startswith(b"PK") else _csv_rows(content, layout.delimiter)
    numbered = enumerate(rows, start=1)
    places = _find_header(numbered, layout)
    lines, bad, outgoing = [], [], 0
    for number, cells in numbered:
        if number > MOST_ROWS:
            raise UnreadableStatement(f"The file has more than {MOST_ROWS} rows; send it in parts.")
        try:
            line = _read_line(number, _Row(cells, places), layout)
        except _BadCell as problem:
            bad.append(BadLine(number, str(problem)))
            continue
        if isinstance(line, Line):
            lines.append(line)
        else:
            outgoing += line
    return Statement(lines, bad, outgoing)


@dataclass(frozen=True, slots=True)
class _Row:
    cells: Sequence[Any]
    places: dict[str, int]

    def value(self, column: str) -> Any:
        place = self.places.get(_folded(column)) if column else None
        return None if place is None or place >= len(self.cells) else self.cells[place]

    def text(self, column: str) -> str:
        value = self.value(column)
        return "" if value is None else str(value).strip()


def _read_line(number: int, row: _Row, layout: Layout) -> Line | int:
    """The line; or 1 for money that went, 0 for a row that is no movement (a total, an empty one)."""
    if not row.text(layout.date_column) or not row.text(layout.reference_column):
        return 0
    if layout.sign == Sign.WORD and _folded(layout.credit_word) not in _folded(row.text(layout.kind_column)).split():
        return 1
    amount = _amount(row.value(layout.amount_column), layout)
    if amount is None or amount <= 0:
        return 1
    return Line(
        row=number,
        day=_day(row.value(layout.date_column), layout.date_format),
        reference=_reference(row.value(layout.reference_column)),
        amount=amount,
        bank=_bank(row.text(layout.bank_column)),
        phone=_phone(row.text(layout.phone_column)),
        text=row.text(layout.text_column)[:200],
    )


def _day(value: Any, written: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    try:
        return datetime.strptime(str(value).strip(), written).date()  # noqa: DTZ007  a day on paper has no zone
    except ValueError:
        raise _BadCell(f"“{value}” is no date written like {written}.") from None


def _reference(value: Any) -> str:
    """The digits. A number in a workbook has lost its zeros, which compares well; a long one also its last digits."""
    if isinstance(value, str):
        digits = re.sub(r"[\s'.\-]", "", value)
    else:
        digits = re.sub(r"\.0$", "", str(value))
        if len(digits) > DIGITS_THAT_EXCEL_KEEPS:
            raise _BadCell(f"The workbook has rounded the reference {digits}; save that column as text.")
    if not re.fullmatch(r"[0-9]{1,30}", digits):
        raise _BadCell(f"“{value}” is no reference.")
    return digits


def _amount(value: Any, layout: Layout) -> Decimal | None:
    """To the cent; None where the cell is empty."""
    if value is None or str(value).strip() == "":
        return None
    text = str(value) if not isinstance(value, str) else _plain_figure(value, layout.decimal_point)
    try:
        amount = Decimal(text)
        cents = amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        raise _BadCell(f"“{value}” is no amount.") from None
    if abs(amount - cents) > Decimal("0.000001"):  # a workbook's figure may carry dust far behind the point
        raise _BadCell(f"“{value}” has more than cents.")
    return cents


def _plain_figure(text: str, point: str) -> str:
    thousands = "." if point == "," else ","
    figure = re.sub(r"(?i)\s|bs\.?|ves", "", text)
    found = re.fullmatch(
        rf"(?P<minus>-?)\+?(?P<whole>[0-9]{{1,3}}(\{thousands}[0-9]{{3}})+|[0-9]{{1,15}})"
        rf"(\{point}(?P<cents>[0-9]{{1,2}}))?(?P<behind>-?)",
        figure,
    )
    if found is None:
        raise _BadCell(f"“{text}” is no amount with “{point}” before its cents.")
    minus = found["minus"] or found["behind"]
    return f"{minus}{found['whole'].replace(thousands, '')}.{found['cents'] or '0'}"


def _bank(text: str) -> str:
    """The bank's code, whose first zero some files lose; nothing where the bank is told by name."""
    found = re.fullmatch(r"([0-9]{3,4})\b.*", text)
    return found[1].zfill(4) if found else ""


def _phone(text: str) -> str:
    """The number; nothing where it is masked or is none."""
    try:
        return read_phone(text)
    except Unreadable:
        return ""


def _find_header(rows: Iterator[tuple[int, Sequence[Any]]], layout: Layout) -> dict[str, int]:
    """Where each column is; reads on to the header and no further."""
    needed = {_folded(column) for column in layout.needed_columns}
    for number, cells in rows:
        places = {_folded(str(cell)): place for place, cell in enumerate(cells) if cell is not None}
        if needed <= places.keys():
            return places
        if number >= ROWS_ABOVE_THE_HEADER:
            break
    raise UnreadableStatement(f"No row of the file names the columns {', '.join(layout.needed_columns)}.")


def _folded(text: str) -> str:
    """In small letters without accents, so that Teléfono, TELEFONO and telefono are one."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).casefold().split())


def _csv_rows(content: bytes, delimiter: str) -> Iterable[Sequence[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    try:
        yield from csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise UnreadableStatement("The file is no table of text.") from error


def _workbook_rows(content: bytes) -> Iterable[Sequence[Any]]:
    # Here, not above: 180 modules would be a fifteenth of the start of every process, for a file that comes once a day.
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        with ZipFile(BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_BYTES_UNPACKED:
                raise UnreadableStatement("The workbook is too large; send it in parts.")
        workbook = load_workbook(BytesIO(content), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise UnreadableStatement("The file is no XLSX workbook that we can read.") from error
    yield from workbook.worksheets[0].iter_rows(values_only=True)
    workbook.close()
