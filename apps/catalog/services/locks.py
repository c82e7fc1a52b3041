"""One advisory lock between those who place products on shelves and those who rearrange the shelves.

Whoever writes documents shares it; whoever adds, renames or moves a category or renames a tag holds it alone, and so
does, by a trigger, whoever opens, closes or renames a store. Without it a document could be written from a name that is
being changed at that moment. It is taken before any product's row.
"""

from django.db import connection

_KEY = 0x5E1F


def hold_shelves_still() -> None:
    """Share the lock until the transaction ends."""
    _take("pg_advisory_xact_lock_shared")


def rearrange_shelves() -> None:
    """Hold the lock alone until the transaction ends."""
    _take("pg_advisory_xact_lock")


def _take(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_KEY])
