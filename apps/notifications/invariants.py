from apps.common.audit import Invariant, register

register(
    Invariant(
        "N1",
        "A message that was sent says when, and one that failed says why",
        "SELECT id, status FROM notifications_message"
        " WHERE (status = 'sent') <> (sent_at IS NOT NULL) OR (status = 'failed' AND error = '')",
    ),
)
