"""What becomes of a transaction that PostgreSQL broke off because two wanted the same rows.

Rows are taken in one order everywhere, so that this is rare; where two orders meet after all (a person is erased while
he buys), nothing was written and the work may begin again.
"""

from __future__ import annotations

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection
from psycopg import errors

from apps.common.exceptions import Unavailable

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

MOST_TRIES = 3
_PAUSE_SECONDS = 0.05
_COLLISIONS = (errors.DeadlockDetected, errors.SerializationFailure)


class Busy(Unavailable):
    """Others held the rows that this needed for too long; nothing was written."""

    code = "busy"
    title = "Others are at the same thing"
    retry_after_seconds = 1


def retry_collisions(work: Callable[P, R]) -> Callable[P, R]:
    """Run a service that is one transaction again, up to three times in all, when it met a deadlock.

    Inside a transaction of the caller's it does nothing: all of that is gone with the deadlock, and only the caller can
    begin it again. A time-out at a lock is not tried again, for it has taken its three seconds.
    """

    @functools.wraps(work)
    def begun_again(*args: P.args, **kwargs: P.kwargs) -> R:
        for further in reversed(range(MOST_TRIES)):
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or not further or not isinstance(error.__cause__, _COLLISIONS):
                    raise
                log.warning("%s begins again: %s", work.__qualname__, type(error.__cause__).__name__)
            time.sleep(random.uniform(0, _PAUSE_SECONDS))  # noqa: S311  so that the two do not meet again
        raise AssertionError("the last try returns or raises")

    return begun_again


def busy_behind(error: Exception) -> Busy | None:
    """The refusal that a database's error stands for, if others only were in the way."""
    if isinstance(error, OperationalError) and isinstance(error.__cause__, (*_COLLISIONS, errors.LockNotAvailable)):
        return Busy("Somebody else works on the same at this moment. Nothing was changed; please try again.")
    return None
