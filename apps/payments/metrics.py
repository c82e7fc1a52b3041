from apps.common import sql
from apps.common.metrics import Gauge, register

_UNFINISHED = """
SELECT provider, status, {figure} FROM payments_webhookevent
WHERE status IN ('received', 'deferred') GROUP BY provider, status ORDER BY provider, status
"""
_AGE = "extract(epoch FROM statement_timestamp() - min(created_at))"

register(
    Gauge(
        "shop_webhooks_waiting",
        "Messages of providers that were not applied yet; deferred ones wait for what they are about.",
        ("provider", "status"),
        lambda: sql.fetch_all(_UNFINISHED.format(figure="count(*)")),
    ),
    Gauge(
        "shop_webhooks_oldest_seconds",
        "The age of the oldest of them.",
        ("provider", "status"),
        lambda: sql.fetch_all(_UNFINISHED.format(figure=_AGE)),
    ),
)
