"""Announce, deliver, replay."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from celery import current_app
from django.db import connection, transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from apps.common import sql
from apps.outbox import events
from apps.outbox.events import DomainEvent
from apps.outbox.models import Delivery, DeliveryStatus, OutboxMessage

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 16  # with the pauses between them some five hours, so a provider may be away for an afternoon
LEASE_SECONDS = 90  # the task is killed at this age, so nobody works on after the lease of what he works on
SHIFT_SECONDS = 30  # a relay starts nothing new after this, so that every handler has a minute

_MUTE_SECONDS = 5  # beat drains in this rhythm anyway
_muted_until = 0.0
_QUIET_SECONDS = 0.2  # between the relays that one process calls
_relay_starts_at = 0.0  # the one that was called last, at the earliest


def publish(event: DomainEvent) -> None:
    """Write the event, and one delivery per handler, in the caller's transaction; wake the relay after commit.

    Raises:
        RuntimeError: no transaction is open, so the event could be lost or told of something that never happened.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{event.event_type()} must be published in the transaction that makes it true")
    event_type = event.event_type()
    handlers = events.handler_names(event_type)
    sql.execute(_PUBLISH, event_type, json.dumps(event.payload()), event.aggregate(), handlers)
    if handlers:
        _wake_after_commit()


# One round trip, however many handlers there are. Defaults that Django fills in are named; the table has the others.
_PUBLISH = """
WITH message AS (
    INSERT INTO outbox_outboxmessage (event_type, payload, aggregate) VALUES (%s, %s::jsonb, %s)
    RETURNING id, aggregate)
INSERT INTO outbox_delivery (message_id, handler, aggregate, status, attempts, last_error)
SELECT message.id, handler, message.aggregate, 'pending', 0, '' FROM message, unnest(%s::text[]) handler
"""


def _wake_after_commit() -> None:
    """One wake-up is enough for all that a transaction announces."""
    if not any(entry[1] is wake_relay for entry in connection.run_on_commit):
        transaction.on_commit(wake_relay, robust=True)


def wake_relay() -> None:
    """Ask a worker to deliver: now, or in a moment if this process has just asked.

    A relay that was asked for and starts later than this finds what was committed by now, so that a busy process asks
    five times a second and not once for each order. When the broker is down, what was announced waits for beat: it is
    delayed, not lost. A request pays for that at most once in a few seconds, and at most the socket timeouts in the
    settings.
    """
    global _muted_until, _relay_starts_at
    now = monotonic()
    if now < max(_muted_until, _relay_starts_at):
        return
    _relay_starts_at = max(now, _relay_starts_at + _QUIET_SECONDS)
    try:
        current_app.send_task("outbox.drain", countdown=_relay_starts_at - now, retry=False)
    except (OperationalError, OSError) as error:
        _muted_until = monotonic() + _MUTE_SECONDS
        log.warning("the broker does not take the wake-up call: %s", error)


def drain(*, seconds: float = SHIFT_SECONDS) -> int:
    """Deliver what is due until nothing is left or the shift is over; returns how many were handed over.

    Any number of relays may run. Each takes one delivery at a time, by SKIP LOCKED and a lease that is committed before
    the handler runs, so a slow handler holds up nothing but its own aggregate.
    """
    handed, ends_at = 0, monotonic() + seconds
    while monotonic() < ends_at and (lease := _claim()):
        _deliver(lease)
        handed += 1
    return handed


@dataclass(frozen=True, slots=True)
class _Lease:
    """A delivery that is ours until `until`; that moment is our token, for no other lease of it ends then."""

    delivery_id: int
    handler: str
    attempts: int
    until: datetime
    event_type: str
    payload: str

    def __str__(self) -> str:
        return f"delivery {self.delivery_id} of {self.event_type} to {self.handler}"


# A lease or an outcome that a crash of the database takes back costs no more than a repeated delivery, and handlers do
# not mind those. So neither commit waits for the disk (synchronous_commit, for this statement alone), and the relay is
# several times as fast.
_CLAIM = """
WITH next AS MATERIALIZED (
    SELECT d.id FROM outbox_delivery d
    WHERE d.status = 'pending' AND d.due_at <= statement_timestamp()
      AND (d.aggregate = '' OR NOT EXISTS (
          SELECT 1 FROM outbox_delivery earlier
          WHERE earlier.handler = d.handler AND earlier.aggregate = d.aggregate
            AND earlier.status = 'pending' AND earlier.id < d.id))
    ORDER BY d.due_at, d.id LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE outbox_delivery d SET due_at = statement_timestamp() + make_interval(secs => %s), attempts = attempts + 1
FROM next, outbox_outboxmessage m
WHERE d.id = next.id AND m.id = d.message_id AND set_config('synchronous_commit', 'off', true) = 'off'
RETURNING d.id, d.handler, d.attempts, d.due_at, m.event_type, m.payload
"""

_END = """
UPDATE outbox_delivery SET status = %s, due_at = coalesce(statement_timestamp() + make_interval(secs => %s), due_at),
    last_error = %s, done_at = CASE WHEN %s = 'done' THEN statement_timestamp() END
WHERE id = %s AND status = 'pending' AND due_at = %s
  AND set_config('synchronous_commit', 'off', true) = 'off'
"""


def _claim() -> _Lease | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [LEASE_SECONDS])
        row = cursor.fetchone()
    return _Lease(*row) if row else None


def _deliver(lease: _Lease) -> None:
    if lease.attempts > MAX_ATTEMPTS:  # none of them came to an end, or it would be dead by now
        _end(lease, DeliveryStatus.DEAD, reason="The worker died at every attempt.")
        return
    try:
        handler = events.handler_for(lease.event_type, lease.handler)
        handler(events.restore(lease.event_type, json.loads(lease.payload)))
    except Exception as error:  # a handler may fail in any way; the row keeps the reason
        log.exception("attempt %s failed: %s", lease.attempts, lease)
        _put_back(lease, f"{type(error).__name__}: {error}")
    else:
        _end(lease, DeliveryStatus.DONE)


def _put_back(lease: _Lease, reason: str) -> None:
    if lease.attempts >= MAX_ATTEMPTS:
        _end(lease, DeliveryStatus.DEAD, reason=reason)
    else:
        pause = min(3600, 2**lease.attempts) * random.uniform(0.75, 1.25)  # noqa: S311  jitter
        _end(lease, DeliveryStatus.PENDING, reason=reason, pause_seconds=pause)


def _end(lease: _Lease, status: DeliveryStatus, *, reason: str = "", pause_seconds: float | None = None) -> None:
    """Write what came of it, unless the lease ran out and the delivery is somebody else's by now."""
    reason = reason.replace("\0", "")[:2000]
    with connection.cursor() as cursor:
        cursor.execute(_END, [status, pause_seconds, reason, status, lease.delivery_id, lease.until])
        if not cursor.rowcount:
            log.warning("outlived its lease, so its outcome is not counted: %s", lease)


def replay(*, delivery_ids: Collection[int]) -> int:
    """Give dead letters another full round of attempts; returns how many there were."""
    count = Delivery.objects.filter(pk__in=delivery_ids, status=DeliveryStatus.DEAD).update(
        status=DeliveryStatus.PENDING, attempts=0, due_at=Now()
    )
    if count:
        transaction.on_commit(wake_relay, robust=True)
    return count


def delete_old_messages(*, older_than: timedelta, batch: int = 1000) -> int:
    """Remove messages whose every delivery is done, a batch per transaction; returns how many."""
    finished = OutboxMessage.objects.filter(created_at__lt=Now() - older_than).exclude(
        deliveries__status__in=[DeliveryStatus.PENDING, DeliveryStatus.DEAD]
    )
    count = 0
    while ids := list(finished.order_by("pk").values_list("pk", flat=True)[:batch]):
        OutboxMessage.objects.filter(pk__in=ids).delete()
        count += len(ids)
    return count
