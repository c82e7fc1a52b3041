"""What must never be false about money; `refunded_amount` counts refunds that are queued, under way or back."""

from apps.common.audit import Invariant, register

_LEFT = "p.captured_amount - p.refunded_amount"
_DECIDED_BY_STAFF = (
    "EXISTS (SELECT 1 FROM payments_case c WHERE c.payment_id = p.id AND c.kind IN ('wrong_amount', 'refund_failed'))"
)
# Staff let another amount than was asked count, when they confirmed it
_ACCEPTED_BY_STAFF = "(p.provider_answer ? 'accepted')"

register(
    Invariant(
        "M1",
        "Refunds are what their rows say, and never exceed captures",
        "SELECT p.reference, p.captured_amount, p.refunded_amount, SUM(r.amount) AS refunds FROM payments_payment p"
        " LEFT JOIN payments_refund r ON r.payment_id = p.id AND r.status <> 'failed' GROUP BY p.id"
        " HAVING COALESCE(SUM(r.amount), 0) <> p.refunded_amount OR p.refunded_amount > p.captured_amount",
    ),
    Invariant(
        "M1b",
        "No refund takes back more than counted, and one that gives back everything takes back everything",
        "SELECT p.reference, p.counted_amount, SUM(r.order_amount) AS taken_back FROM payments_payment p"
        " LEFT JOIN payments_refund r ON r.payment_id = p.id AND r.status <> 'failed' GROUP BY p.id"
        " HAVING COALESCE(SUM(r.order_amount), 0) > p.counted_amount OR (p.refunded_amount = p.captured_amount"
        " AND p.counted_amount > 0 AND COALESCE(SUM(r.order_amount), 0) <> p.counted_amount)",
    ),
    Invariant(
        "M1c",
        "A decision about an order is given back by refunds that sum to it",
        "SELECT d.public_id, d.amount, SUM(r.order_amount) AS refunds FROM payments_orderrefund d"
        " LEFT JOIN payments_refund r ON r.order_refund_id = d.id"
        " GROUP BY d.id HAVING COALESCE(SUM(r.order_amount), 0) <> d.amount",
    ),
    Invariant(
        "M1d",
        "No line gives back more units, or more money, than it sold",
        "SELECT l.public_id, l.quantity, SUM(g.quantity) AS units, SUM(g.amount) AS given_back FROM orders_orderline l"
        " JOIN payments_refundline g ON g.order_line_id = l.id WHERE EXISTS (SELECT 1 FROM payments_refund r"
        " WHERE r.order_refund_id = g.order_refund_id AND r.status <> 'failed') GROUP BY l.id"
        " HAVING SUM(g.quantity) > l.quantity OR SUM(g.amount) > l.subtotal_amount + l.tax_amount",
    ),
    Invariant(
        "S3e",
        "The units that a line gave up are those of its refunds",
        "SELECT l.public_id, l.given_up_quantity, SUM(g.given_up_quantity) AS refunded FROM orders_orderline l"
        " LEFT JOIN payments_refundline g ON g.order_line_id = l.id"
        " GROUP BY l.id HAVING COALESCE(SUM(g.given_up_quantity), 0) <> l.given_up_quantity",
    ),
    Invariant(
        "M2",
        "What an order takes for paid is what of its payments counts, and never more than its total",
        "SELECT o.number, o.total_amount, o.paid_amount, SUM(p.counted_amount) AS counted FROM orders_order o"
        " JOIN payments_payment p ON p.order_id = o.id GROUP BY o.id"
        " HAVING COALESCE(SUM(p.counted_amount), 0) <> o.paid_amount OR o.paid_amount > o.total_amount",
    ),
    Invariant(
        "M2b",
        "An order says that it is paid if, and only if, all of its total has come",
        "SELECT number, payment_status, total_amount, paid_amount FROM orders_order"
        " WHERE (payment_status IN ('paid', 'partially_refunded', 'refunded')) <> (paid_amount = total_amount)",
    ),
    Invariant(
        "M2c",
        "An order has booked exactly what was given back of the payments that counted",
        "SELECT o.number, o.refunded_amount, SUM(r.order_amount) AS given_back FROM orders_order o"
        " JOIN payments_payment p ON p.order_id = o.id AND p.counted_amount > 0"
        " LEFT JOIN payments_refund r ON r.payment_id = p.id AND r.status = 'succeeded'"
        f" WHERE NOT {_DECIDED_BY_STAFF} GROUP BY o.id HAVING COALESCE(SUM(r.order_amount), 0) <> o.refunded_amount",
    ),
    Invariant(
        "M6",
        "Every transaction of the books balances in each of its currencies",
        "SELECT t.key, e.currency, SUM(e.amount) AS difference FROM payments_ledgertransaction t"
        " LEFT JOIN payments_ledgerentry e ON e.transaction_id = t.id GROUP BY t.id, e.currency"
        " HAVING COALESCE(SUM(e.amount), 1) <> 0",
    ),
    Invariant(
        "M6b",
        "What the books say a provider holds of a payment is what it took, less what it kept, lost and gave back",
        "SELECT p.reference, p.currency, held.amount AS in_the_books, p.captured_amount, p.fee_amount FROM"
        " payments_payment p LEFT JOIN LATERAL (SELECT SUM(e.amount) AS amount FROM payments_ledgerentry e"
        " JOIN payments_ledgertransaction t ON t.id = e.transaction_id WHERE t.payment_id = p.id"
        " AND e.account = 'clearing' AND e.currency = p.currency) held ON TRUE"
        " WHERE p.status IN ('succeeded', 'needs_review') AND COALESCE(held.amount, 0) <> p.captured_amount"
        " - COALESCE(p.fee_amount, 0)"
        " - COALESCE((SELECT SUM(r.amount) FROM payments_refund r"
        " WHERE r.payment_id = p.id AND r.status = 'succeeded'), 0)"
        " - COALESCE((SELECT SUM(d.amount) FROM payments_dispute d"
        " WHERE d.payment_id = p.id AND d.status <> 'won' AND d.currency = p.currency), 0)",
    ),
    Invariant(
        "M6c",
        "What was sold is what was confirmed: one sale in the books for each order that is or was paid",
        "SELECT DISTINCT o.number, o.total_amount FROM orders_order o JOIN payments_payment p ON p.order_id = o.id"
        " WHERE o.total_amount > 0 AND o.paid_amount = o.total_amount AND NOT EXISTS"
        " (SELECT 1 FROM payments_ledgertransaction t WHERE t.key = 'sale:' || o.number)",
    ),
    Invariant(
        "M6d",
        "Nobody owes, or is owed, anything of an order that came to nothing, once its refunds have arrived",
        "SELECT o.number, o.status, SUM(e.amount) AS owed FROM orders_order o"
        " JOIN payments_ledgertransaction t ON t.order_id = o.id"
        " JOIN payments_ledgerentry e ON e.transaction_id = t.id AND e.account = 'customer'"
        " WHERE o.status IN ('cancelled', 'expired') AND o.updated_at < statement_timestamp() - interval '5 minutes'"
        " AND NOT EXISTS (SELECT 1 FROM payments_payment p WHERE p.order_id = o.id AND p.status = 'succeeded'"
        " AND p.captured_amount <> COALESCE((SELECT SUM(r.amount) FROM payments_refund r"
        " WHERE r.payment_id = p.id AND r.status = 'succeeded'), 0))"
        " GROUP BY o.id HAVING abs(SUM(e.amount)) > 0.05",
    ),
    Invariant(
        "X2",
        "What is asked in another currency is what its quote says",
        "SELECT p.reference, p.amount, q.amount AS quoted FROM payments_payment p"
        " LEFT JOIN fx_rates_exchangequote q ON q.id = p.quote_id"
        " WHERE (q.id IS NULL AND (p.currency <> p.order_currency OR p.amount <> p.order_amount))"
        " OR (q.id IS NOT NULL AND (q.amount <> p.amount OR q.currency <> p.currency"
        " OR q.base_amount <> p.order_amount OR q.base_currency <> p.order_currency))",
    ),
    Invariant(
        "M7",
        "What was taken is what was asked, or staff have, or had, a case",
        "SELECT p.reference, p.status, p.amount, p.captured_amount FROM payments_payment p"
        " WHERE ((p.status = 'succeeded' AND p.captured_amount <> p.amount) OR p.status = 'needs_review')"
        f" AND NOT {_DECIDED_BY_STAFF} AND NOT {_ACCEPTED_BY_STAFF}",
    ),
    Invariant(
        "M8",
        "No lost money: a success counts for its order, or is going back whole, or staff have a case",
        "SELECT p.reference, p.captured_amount, p.refunded_amount FROM payments_payment p"
        f" WHERE p.status = 'succeeded' AND p.counted_amount = 0 AND {_LEFT} > 0 AND NOT {_DECIDED_BY_STAFF}",
    ),
    Invariant(
        "M8b",
        "What counted for an order that is now cancelled or expired is going back within five minutes",
        "SELECT p.reference, o.number, p.captured_amount, p.refunded_amount FROM payments_payment p"
        " JOIN orders_order o ON o.id = p.order_id"
        f" WHERE p.counted_amount > 0 AND o.status IN ('cancelled', 'expired') AND {_LEFT} > 0"
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
    Invariant(
        "A5p",
        "No card of an erased person is remembered, and no proof of his payments longer than it may be disputed",
        "SELECT c.user_id, 'card' AS what FROM payments_savedmethod m"
        " JOIN payments_providercustomer c ON c.id = m.customer_id JOIN accounts_user u ON u.id = c.user_id"
        " WHERE u.erased_at IS NOT NULL AND (m.forgotten_at IS NULL OR m.last4 <> '' OR m.brand <> '')"
        " UNION ALL SELECT o.customer_id, 'page' FROM payments_payment p JOIN orders_order o ON o.id = p.order_id"
        " JOIN accounts_user u ON u.id = o.customer_id"
        " WHERE u.erased_at IS NOT NULL AND (p.return_url <> '' OR p.page_url <> '')",
    ),
)
