"""Invariants: what must never be false, each as one read-only query that returns the rows that break it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

_REGISTERED: dict[str, Invariant] = {}


@dataclass(frozen=True, slots=True)
class Invariant:
    """`code` as in docs/architecture.md (S1, M2, …), `sentence` says what holds, `query` returns the offenders."""

    code: str
    sentence: str
    query: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant that does not hold, with at most a hundred offending rows as column → value."""

    invariant: Invariant
    rows: list[dict[str, Any]]


def register(*invariants: Invariant) -> None:
    """Called from an app's `invariants.py`; a code is used once."""
    for invariant in invariants:
        if invariant.code in _REGISTERED:
            raise ValueError(f"invariant {invariant.code} is registered twice")
        _REGISTERED[invariant.code] = invariant


def registered() -> list[Invariant]:
    return [_REGISTERED[code] for code in sorted(_REGISTERED)]


def run() -> Iterator[Finding]:
    """Check every invariant against one snapshot of the database; yields only what is broken, changes nothing."""
    has_own_transaction = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if has_own_transaction:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for invariant in registered():
            cursor.execute(f"SELECT * FROM ({invariant.query}) AS offenders LIMIT 100")  # noqa: S608  our own constant
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            if rows:
                yield Finding(invariant, rows)
