"""A file that names SKUs, and perhaps what each shall have: CSV with the columns `sku` and `value`."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import BinaryIO

from apps.bulk.exceptions import BulkChangeInvalid

MOST_BYTES = 5 * 1024 * 1024
_VALUE = re.compile(r"\d{1,12}(\.\d{1,4})?", re.ASCII)


def read_file(file: BinaryIO) -> dict[str, Decimal | None]:
    """What the file says of each SKU; None where it has no value.

    Raises:
        BulkChangeInvalid: it is too large, no CSV in UTF-8, or a line is wrong; the sentence names the line.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _refused(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB.")
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = [cell.strip().lower() for cell in next(reader, [])]
        if "sku" not in header or set(header) - {"sku", "value"} or len(header) != len(set(header)):
            raise _refused("The header has the columns sku and, if each has its own, value.")
        return _values(reader, header)
    except UnicodeDecodeError as error:
        raise _refused("The file is not in UTF-8; save it as CSV UTF-8.") from error
    except csv.Error as error:
        raise _refused(f"The file is no CSV: {error}.") from error


def _values(reader: csv.reader, header: list[str]) -> dict[str, Decimal | None]:  # type: ignore[valid-type]  # a function, to mypy
    values: dict[str, Decimal | None] = {}
    for cells in reader:  # type: ignore[attr-defined]
        line = reader.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        sku, value = row.get("sku", ""), row.get("value", "")
        if not sku or len(sku) > 64 or "\0" in sku:
            raise _refused(f"Line {line}: there is no SKU.")
        if sku in values:
            raise _refused(f"Line {line}: {sku} stands further up already.")
        if value and not _VALUE.fullmatch(value):
            raise _refused(f"Line {line}: “{value[:40]}” is no value; write it like 12.50.")
        values[sku] = Decimal(value) if value else None
    return values


def _refused(sentence: str) -> BulkChangeInvalid:
    return BulkChangeInvalid("file", sentence)
