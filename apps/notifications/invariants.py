from apps.common.audit import Invariant, register

register(
    Invariant(
        "N1",
        "A message that was sent says when, one that waits does not, and one that failed says why",
        "SELECT id, status FROM notifications_message"
        " WHERE status IN ('sent', 'delivered', 'read') AND sent_at IS NULL"
        " OR status = 'queued' AND sent_at IS NOT NULL OR status = 'failed' AND error = ''",
    ),
)
