"""Announce, deliver, replay."""

from __future__ import annotations

import logging
import random
from datetime import timedelta

from celery import current_app
from django.db import connection, transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from apps.outbox import events
from apps.outbox.events import DomainEvent
from apps.outbox.models import Delivery, DeliveryStatus, OutboxMessage

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
LEASE = timedelta(seconds=60)  # longer than the slowest provider call; after it, the worker is taken for dead
_BATCH = 50


def publish(event: DomainEvent) -> None:
    """Write the event, and one delivery per handler, in the caller's transaction; wake the relay after commit.

    Raises:
        RuntimeError: no transaction is open, so the event could be lost or told of something that never happened.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{event.event_type()} must be published in the transaction that makes it true")
    message = OutboxMessage.objects.create(
        event_type=event.event_type(), payload=event.payload(), aggregate=event.aggregate()
    )
    handlers = events.handler_names(event.event_type())
    if handlers:
        Delivery.objects.bulk_create(
            Delivery(message=message, handler=name, aggregate=message.aggregate) for name in handlers
        )
        transaction.on_commit(wake_relay)


def wake_relay() -> None:
    """Ask a worker to deliver now. When the broker is down, beat asks again within seconds: delayed, not lost."""
    try:
        current_app.send_task("outbox.drain", retry=False)
    except (OperationalError, OSError) as error:
        log.warning("the broker does not take the wake-up call: %s", error)


def drain(*, limit: int = 10_000) -> int:
    """Deliver what is due until nothing is left or `limit` is reached; returns how many were handed over.

    Any number of relays may run: each claims deliveries by SKIP LOCKED and a lease, committed before the handler runs.
    """
    handed = 0
    while handed < limit:
        batch = _claim(min(_BATCH, limit - handed))
        if not batch:
            break
        for delivery in batch:
            _deliver(delivery)
        handed += len(batch)
    return handed


_CLAIM = """
UPDATE outbox_delivery SET due_at = statement_timestamp() + %s, attempts = attempts + 1
WHERE id IN (
    SELECT d.id FROM outbox_delivery d
    WHERE d.status = 'pending' AND d.due_at <= statement_timestamp()
      AND (d.aggregate = '' OR NOT EXISTS (
          SELECT 1 FROM outbox_delivery earlier
          WHERE earlier.handler = d.handler AND earlier.aggregate = d.aggregate
            AND earlier.status = 'pending' AND earlier.id < d.id))
    ORDER BY d.due_at, d.id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def _claim(limit: int) -> list[Delivery]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [LEASE, limit])  # type: ignore[list-item]  # psycopg takes a timedelta
        ids = [row[0] for row in cursor.fetchall()]
    return list(Delivery.objects.filter(pk__in=ids).select_related("message").order_by("pk")) if ids else []


def _deliver(delivery: Delivery) -> None:
    message = delivery.message
    try:
        handler = events.handler_for(message.event_type, delivery.handler)
        handler(events.restore(message.event_type, message.payload))
    except Exception as error:  # a handler may fail in any way; the row keeps the reason
        log.exception("%s failed for %s", delivery.handler, message)
        _put_back(delivery, f"{type(error).__name__}: {error}")
    else:
        Delivery.objects.filter(pk=delivery.pk).update(status=DeliveryStatus.DONE, done_at=Now(), last_error="")


def _put_back(delivery: Delivery, reason: str) -> None:
    is_dead = delivery.attempts >= MAX_ATTEMPTS
    pause = timedelta(seconds=min(3600, 2**delivery.attempts) * random.uniform(0.75, 1.25))  # noqa: S311  jitter
    Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PENDING).update(
        status=DeliveryStatus.DEAD if is_dead else DeliveryStatus.PENDING,
        due_at=Now() + pause,
        last_error=reason[:2000],
    )


def replay(*, delivery_ids: list[int]) -> int:
    """Give dead letters another full round of attempts; returns how many there were."""
    count = Delivery.objects.filter(pk__in=delivery_ids, status=DeliveryStatus.DEAD).update(
        status=DeliveryStatus.PENDING, attempts=0, due_at=Now()
    )
    if count:
        transaction.on_commit(wake_relay)
    return count


def delete_old_messages(*, older_than: timedelta) -> int:
    """Remove messages whose every delivery is done; returns how many."""
    finished = OutboxMessage.objects.filter(created_at__lt=Now() - older_than).exclude(
        deliveries__status__in=[DeliveryStatus.PENDING, DeliveryStatus.DEAD]
    )
    return finished.delete()[0]
