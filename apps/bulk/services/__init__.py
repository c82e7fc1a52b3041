"""Bulk changes: seen, made, undone. Products as files: written, and read back."""

from apps.bulk.services.applying import apply_change, discard_change, work_on
from apps.bulk.services.files import read_file
from apps.bulk.services.importing import FOREIGN, ImportRefused, ImportReport, foreign_reader, import_products
from apps.bulk.services.pictures import fetch_pictures
from apps.bulk.services.previewing import Selection, preview_change, preview_undo
from apps.bulk.services.product_imports import (
    begin_import,
    forget_looked_at_files,
    make_import,
    run_import,
    run_imports,
)
from apps.bulk.services.restoring import import_jsonl
from apps.bulk.services.uploads import import_upload

__all__ = [
    "FOREIGN",
    "ImportRefused",
    "ImportReport",
    "Selection",
    "apply_change",
    "begin_import",
    "discard_change",
    "fetch_pictures",
    "foreign_reader",
    "forget_looked_at_files",
    "import_jsonl",
    "import_products",
    "import_upload",
    "make_import",
    "preview_change",
    "preview_undo",
    "read_file",
    "run_import",
    "run_imports",
    "work_on",
]
