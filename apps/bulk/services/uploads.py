"""A product file as somebody uploads it: of any kind that the shop reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from apps.bulk.exceptions import ProductFileRefused
from apps.bulk.foreign import Look
from apps.bulk.models import FileKind
from apps.bulk.product_files import UnreadableFile
from apps.bulk.services.importing import ImportRefused, ImportReport, foreign_reader, import_products
from apps.bulk.services.restoring import import_jsonl
from apps.stores.models import Store

MOST_BYTES = 10 * 1024 * 1024
MOST_PROBLEMS = 500
KINDS = FileKind.choices


def import_upload(*, content: bytes, kind: str, look: Look, store: Store, **how: Any) -> ImportReport:
    """Make the store's products as a file of one of `KINDS` says, see `import_products` for `how`.

    `look` is for the files of other shops. The report has the first `MOST_PROBLEMS` bad rows.

    Raises:
        ProductFileRefused: the file cannot be read at all, or another import is running.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, f"upload.{kind}")
        path.write_bytes(content)
        try:
            report = _importer(kind, look)(path, store=store, **how)
        except (UnreadableFile, ImportRefused) as error:
            raise ProductFileRefused(str(error).replace(str(path), "The file")) from error
    report.problems = report.problems[:MOST_PROBLEMS]
    return report


def _importer(kind: str, look: Look) -> Callable[..., ImportReport]:
    if kind == "jsonl":
        return import_jsonl
    if kind == "csv":
        return import_products
    return partial(import_products, read=foreign_reader(kind, look))
