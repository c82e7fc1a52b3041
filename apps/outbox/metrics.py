from collections.abc import Iterator

from apps.common.metrics import Gauge, register
from apps.outbox import selectors


def _deliveries() -> Iterator[tuple[str, str, int]]:
    for work in selectors.unfinished_work():
        yield work.handler, "pending", work.pending
        yield work.handler, "failing", work.failing
        yield work.handler, "dead", work.dead


register(
    Gauge(
        "shop_outbox_deliveries",
        "Events that a handler has not dealt with. Those that fail are among the pending; the dead are given up.",
        ("handler", "state"),
        _deliveries,
    ),
    Gauge(
        "shop_outbox_oldest_seconds",
        "The age of the oldest event that waits for a handler.",
        ("handler",),
        lambda: [(work.handler, work.oldest_seconds) for work in selectors.unfinished_work() if work.pending],
    ),
)
