from apps.common import sql
from apps.common.metrics import Gauge, register

_OF_A_DAY = """
SELECT channel, status, count(*) FROM notifications_message
WHERE created_at > statement_timestamp() - interval '24 hours' GROUP BY channel, status ORDER BY channel, status
"""

register(
    Gauge(
        "shop_messages_of_a_day",
        "Messages that were written in the last 24 hours, by how far they have come.",
        ("channel", "status"),
        lambda: sql.fetch_all(_OF_A_DAY),
    ),
)
