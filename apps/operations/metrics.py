from collections.abc import Iterator

from django.utils.text import slugify

from apps.common.clock import database_now
from apps.common.metrics import Gauge, register
from apps.operations import selectors
from apps.operations.selectors import QUEUES, Queue


def _name(queue: Queue) -> str:
    return slugify(queue.title).replace("-", "_")


def _waiting() -> Iterator[tuple[str, int]]:
    for waiting in selectors.measure_waiting(QUEUES):
        yield _name(waiting.queue), waiting.count


def _ages() -> Iterator[tuple[str, float]]:
    now = database_now()
    for waiting in selectors.measure_waiting(QUEUES):
        if waiting.since is not None:
            yield _name(waiting.queue), (now - waiting.since).total_seconds()


register(
    Gauge("shop_queue", "Rows that wait for staff, by the queues of the admin.", ("queue",), _waiting),
    Gauge("shop_queue_oldest_seconds", "How long the oldest row of a queue has waited.", ("queue",), _ages),
)
