"""How often something may happen: counted in one atomic step, so that no burst slips through.

A window begins with the first count and lasts its full length; counting on beyond the limit does not prolong it.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import Any, Protocol

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models.functions import Now
from redis.exceptions import RedisError

from apps.common.models import Counter

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times within `seconds`."""

    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Count:
    """Where a count stands: how often in this window, this time included, and when the window ends."""

    limit: Limit
    used: int
    seconds_left: int

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.limit.most

    @property
    def remaining(self) -> int:
        return max(0, self.limit.most - self.used)


class Counters(Protocol):
    """Something that counts by key; every method is atomic."""

    def add(self, key: str, limit: Limit) -> Count: ...
    def take_back(self, key: str) -> None: ...
    def clear(self, key: str) -> None: ...


class InPostgres:
    """For all processes, and durable but for a crash of the database. Call outside a transaction, or rivals wait."""

    def add(self, key: str, limit: Limit) -> Count:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [key, limit.seconds])
            used, seconds_left = cursor.fetchone()
        return Count(limit, used, ceil(seconds_left))

    def take_back(self, key: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE common_counter SET used = used - 1 WHERE key = %s AND used > 0", [key])

    def clear(self, key: str) -> None:
        Counter.objects.filter(key=key).delete()


_ADD = """
INSERT INTO common_counter AS c (key, used, ends_at) VALUES (%s, 1, statement_timestamp() + make_interval(secs => %s))
ON CONFLICT (key) DO UPDATE SET
    used = CASE WHEN c.ends_at > statement_timestamp() THEN c.used + 1 ELSE 1 END,
    ends_at = CASE WHEN c.ends_at > statement_timestamp() THEN c.ends_at ELSE excluded.ends_at END
RETURNING used, extract(epoch FROM ends_at - statement_timestamp())::float
"""


# A count whose window is over must not come to life again: it would have no end.
_TAKE_BACK = """
local used = tonumber(redis.call('GET', KEYS[1]))
if used and used > 0 then redis.call('DECR', KEYS[1]) end
"""


class InRedis:
    """For all processes. When Redis is away nothing is limited: better a busy hour than a closed shop."""

    def add(self, key: str, limit: Limit) -> Count:
        try:
            with self._client().pipeline(transaction=True) as steps:
                steps.set(key, 0, ex=limit.seconds, nx=True)
                steps.incr(key)
                steps.pttl(key)
                _, used, milliseconds = steps.execute()
        except (RedisError, OSError) as error:
            log.warning("nothing is counted, for Redis does not answer: %s", error)
            return Count(limit, 0, limit.seconds)
        return Count(limit, used, ceil(milliseconds / 1000))

    def take_back(self, key: str) -> None:
        self._client().eval(_TAKE_BACK, 1, key)

    def clear(self, key: str) -> None:
        self._client().delete(key)

    def _client(self) -> Any:
        return cache.client.get_client(write=True)  # type: ignore[attr-defined]  # django-redis has no types


class InMemory:
    """For this process alone, which makes it free of charge: each process allows as much as the limit says."""

    def __init__(self, most_keys: int = 50_000) -> None:
        self._most_keys = most_keys
        self._windows: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def add(self, key: str, limit: Limit) -> Count:
        now = monotonic()
        with self._lock:
            window = self._windows.get(key)
            if window is None or window[1] <= now:
                self._make_room(now)
                window = self._windows[key] = [0, now + limit.seconds]
            window[0] += 1
            used, ends_at = window
        return Count(limit, int(used), ceil(ends_at - now))

    def take_back(self, key: str) -> None:
        with self._lock:
            if (window := self._windows.get(key)) and window[0] > 0:
                window[0] -= 1

    def clear(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)

    def _make_room(self, now: float) -> None:
        """Drop what is over when there is much; if all of it still runs, begin anew rather than grow without end."""
        if len(self._windows) < self._most_keys:
            return
        self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
        if len(self._windows) >= self._most_keys:
            self._windows.clear()


in_postgres: Counters = InPostgres()
in_redis: Counters = InRedis()
in_memory: Counters = InMemory()


def shared() -> Counters:
    """Counters that all processes see: Redis where the shop has one, the database otherwise."""
    return in_redis if settings.COUNT_IN_REDIS else in_postgres


def delete_old_counters() -> int:
    """Remove counters whose window is over; returns how many."""
    return Counter.objects.filter(ends_at__lt=Now()).delete()[0]
