"""What must never be false about money; `refunded_amount` counts refunds that are queued, under way or back."""

from apps.common.audit import Invariant, register

_LEFT = "p.captured_amount - p.refunded_amount"
_DECIDED_BY_STAFF = (
    "EXISTS (SELECT 1 FROM payments_case c WHERE c.payment_id = p.id AND c.kind IN ('wrong_amount', 'refund_failed'))"
)

register(
    Invariant(
        "M1",
        "Refunds never exceed captures, and what paid an order is the order's total",
        "SELECT p.reference, p.captured_amount, p.refunded_amount, o.total_amount, SUM(r.amount) AS refunds"
        " FROM payments_payment p JOIN orders_order o ON o.id = p.order_id"
        " LEFT JOIN payments_refund r ON r.payment_id = p.id AND r.status <> 'failed' GROUP BY p.id, o.id"
        " HAVING COALESCE(SUM(r.amount), 0) <> p.refunded_amount OR p.refunded_amount > p.captured_amount"
        " OR (p.pays_order AND p.captured_amount <> o.total_amount)",
    ),
    Invariant(
        "M2",
        "An order is paid at most once: any second success is going back",
        "SELECT o.number, COUNT(*) AS payments FROM payments_payment p JOIN orders_order o ON o.id = p.order_id"
        f" WHERE p.status = 'succeeded' AND {_LEFT} > 0 AND NOT {_DECIDED_BY_STAFF}"
        " GROUP BY o.number HAVING COUNT(*) > 1",
    ),
    Invariant(
        "M2b",
        "An order says that it is paid if, and only if, one of its payments paid it",
        "SELECT o.number, o.payment_status, COUNT(p.id) FILTER (WHERE p.pays_order) AS paying"
        " FROM orders_order o JOIN payments_payment p ON p.order_id = o.id GROUP BY o.id"
        " HAVING (o.payment_status <> 'unpaid') <> (COUNT(p.id) FILTER (WHERE p.pays_order) = 1)",
    ),
    Invariant(
        "M2c",
        "An order has booked exactly what was given back of the payment that paid it",
        "SELECT o.number, o.refunded_amount, SUM(r.amount) AS given_back FROM orders_order o"
        " JOIN payments_payment p ON p.order_id = o.id AND p.pays_order"
        " LEFT JOIN payments_refund r ON r.payment_id = p.id AND r.status = 'succeeded'"
        f" WHERE NOT {_DECIDED_BY_STAFF} GROUP BY o.id HAVING COALESCE(SUM(r.amount), 0) <> o.refunded_amount",
    ),
    Invariant(
        "M7",
        "What was taken is what was asked, or staff have a case",
        "SELECT p.reference, p.status, p.amount, p.captured_amount FROM payments_payment p"
        " WHERE ((p.status = 'succeeded' AND p.captured_amount <> p.amount) OR p.status = 'needs_review')"
        f" AND NOT {_DECIDED_BY_STAFF}",
    ),
    Invariant(
        "M8",
        "No lost money: a success has paid its order, or is going back whole, or staff have a case",
        "SELECT p.reference, p.captured_amount, p.refunded_amount FROM payments_payment p"
        f" WHERE p.status = 'succeeded' AND NOT p.pays_order AND {_LEFT} > 0 AND NOT {_DECIDED_BY_STAFF}",
    ),
    Invariant(
        "M8b",
        "What paid an order that is now cancelled is going back within five minutes",
        "SELECT p.reference, o.number, p.captured_amount, p.refunded_amount FROM payments_payment p"
        " JOIN orders_order o ON o.id = p.order_id"
        f" WHERE p.pays_order AND o.status = 'cancelled' AND {_LEFT} > 0"
        f" AND o.updated_at < statement_timestamp() - interval '5 minutes' AND NOT {_DECIDED_BY_STAFF}",
    ),
    Invariant(
        "M8c",
        "A refund that failed has a case",
        "SELECT r.public_id, r.amount, r.failure_message FROM payments_refund r WHERE r.status = 'failed'"
        " AND NOT EXISTS"
        " (SELECT 1 FROM payments_case c WHERE c.payment_id = r.payment_id AND c.kind = 'refund_failed')",
    ),
    Invariant(
        "E2",
        "An event that was acknowledged has had its effect, or is on its way, or is before staff",
        "SELECT w.id, w.provider, w.event_type, w.status FROM payments_webhookevent w"
        " WHERE w.status IN ('received', 'deferred') AND w.verdict = '' AND NOT EXISTS"
        " (SELECT 1 FROM outbox_outboxmessage m JOIN outbox_delivery d ON d.message_id = m.id"
        " WHERE m.event_type = 'payments.WebhookReceived' AND (m.payload ->> 'event_id')::bigint = w.id"
        " AND d.status <> 'done')",
    ),
    Invariant(
        "E2b",
        "An event that was dealt with says when",
        "SELECT id, provider, event_type, status FROM payments_webhookevent"
        " WHERE (status IN ('applied', 'ignored')) <> (processed_at IS NOT NULL)",
    ),
)
