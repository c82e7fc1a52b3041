"""Does what was announced get delivered, and can a worker be woken?"""

from celery import current_app
from django.db import connection

from apps.common.health import UP, Part, PartHealth, register

LATE_AFTER_SECONDS = 60  # beat drains every few seconds; more than this means that no worker does

# what a relay would take now, as in services._CLAIM
_LAG = """
SELECT extract(epoch FROM statement_timestamp() - d.due_at)::int FROM outbox_delivery d
WHERE d.status = 'pending' AND d.due_at <= statement_timestamp()
  AND (d.aggregate = '' OR NOT EXISTS (
      SELECT 1 FROM outbox_delivery earlier
      WHERE earlier.handler = d.handler AND earlier.aggregate = d.aggregate
        AND earlier.status = 'pending' AND earlier.id < d.id))
ORDER BY d.due_at LIMIT 1
"""


def check_lag() -> PartHealth:
    """How long the oldest delivery that nothing holds back has been waiting."""
    with connection.cursor() as cursor:
        cursor.execute(_LAG)
        row = cursor.fetchone()
    lag = row[0] if row else 0
    return PartHealth("late" if lag > LATE_AFTER_SECONDS else "up", lag_seconds=lag)


def check_broker() -> PartHealth:
    """A broker that is down delays messages, and beat's next round finds them."""
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
    return UP


register(Part("outbox", check_lag, needs_database=True), Part("broker", check_broker))
