"""Is the shop well? Each part is asked by a check of its own; apps register theirs, as they do their invariants."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import uuid4

from django.core.cache import cache
from django.db import Error, connection

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PartHealth:
    """`late` means that it works, but that its work piles up."""

    status: Literal["up", "late", "down"]
    lag_seconds: int | None = None


UP, DOWN = PartHealth("up"), PartHealth("down")


@dataclass(frozen=True, slots=True)
class Part:
    """`check` answers, or raises whatever it meets, which means down. Without a vital part no request is served."""

    name: str
    check: Callable[[], PartHealth]
    is_vital: bool = False
    needs_database: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """`degraded` means that requests are served but something behind them is not well."""

    status: Literal["up", "degraded", "down"]
    time: datetime | None  # the database's clock
    parts: dict[str, PartHealth]


_REGISTERED: dict[str, Part] = {}


def register(*parts: Part) -> None:
    """Called from an app's `health.py`."""
    _REGISTERED.update({part.name: part for part in parts})


def examine(*, vital_only: bool = False) -> Report:
    """Ask all parts, or the vital ones. A database that is down is asked once, so that its time limit is spent once."""
    time = _database_time()
    asked = [part for part in _REGISTERED.values() if part.is_vital or not vital_only]
    answers = {part.name: DOWN if part.needs_database and time is None else _ask(part) for part in asked}
    parts = {"database": DOWN if time is None else UP, **answers}
    is_served = time is not None and not any(part.is_vital and answers[part.name] == DOWN for part in asked)
    is_well = all(health.status == "up" for health in parts.values())
    return Report("up" if is_well else "degraded" if is_served else "down", time, parts)


def _ask(part: Part) -> PartHealth:
    try:
        return part.check()
    except Exception as error:  # a part may fail in any way; the caller is told which, the log says why
        log.warning("%s is down: %s", part.name, error)
        return DOWN


def _database_time() -> datetime | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement_timestamp()")
            time: datetime = cursor.fetchone()[0]
            return time
    except Error as error:
        log.warning("the database is down: %s", error)
        connection.close()
        return None


def _check_cache() -> PartHealth:
    token = uuid4().hex
    cache.set(f"health-{token}", token, timeout=10)
    return UP if cache.get(f"health-{token}") == token else DOWN


register(Part("cache", _check_cache))  # one that is down only makes us slower
