"""Bulk changes: seen, made, undone."""

from apps.bulk.services.applying import apply_change, discard_change, work_on
from apps.bulk.services.files import read_file
from apps.bulk.services.previewing import Selection, preview_change, preview_undo

__all__ = [
    "Selection",
    "apply_change",
    "discard_change",
    "preview_change",
    "preview_undo",
    "read_file",
    "work_on",
]
