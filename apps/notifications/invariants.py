from apps.common.audit import Invariant, register

register(
    Invariant(
        "N1",
        "A message that was sent says when, one that waits does not, and one that failed says why",
        "SELECT id, status FROM notifications_message"
        " WHERE status IN ('sent', 'delivered', 'read') AND sent_at IS NULL"
        " OR status = 'queued' AND sent_at IS NOT NULL OR status = 'failed' AND error = ''",
    ),
    Invariant(
        "A5n",
        "No message about an erased person's orders has words",
        "SELECT m.id, m.template FROM notifications_message m JOIN orders_order o ON o.number = m.order_number"
        " JOIN accounts_user u ON u.id = o.customer_id WHERE u.erased_at IS NOT NULL AND m.created_at < u.erased_at"
        " AND (m.text <> '' OR m.html <> '' OR m.variables <> '{}')",
    ),
)
