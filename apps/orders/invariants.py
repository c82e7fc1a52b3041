from apps.common.audit import Invariant, register

register(
    Invariant(
        "S3b",
        "What an order's status says of its lines is what inventory holds for them",
        "SELECT o.number, o.status, l.public_id AS line, r.status AS held FROM orders_order o"
        " JOIN orders_orderline l ON l.order_id = o.id"
        " LEFT JOIN inventory_reservation r ON r.line_id = l.public_id AND r.status <> 'released'"
        " WHERE (o.status IN ('created', 'pending') AND r.status IS DISTINCT FROM 'reserved')"
        " OR (o.status IN ('confirmed', 'processing') AND r.status IS DISTINCT FROM 'committed')"
        " OR (o.status IN ('shipped', 'completed') AND r.status IS DISTINCT FROM 'shipped')"
        " OR (o.status IN ('cancelled', 'expired') AND r.status IS NOT NULL)",
    ),
    Invariant(
        "M3",
        "An order's totals are the sums of its frozen lines",
        "SELECT o.number, o.subtotal_amount, o.tax_amount, SUM(l.subtotal_amount) AS lines, SUM(l.tax_amount) AS taxes"
        " FROM orders_order o LEFT JOIN orders_orderline l ON l.order_id = o.id GROUP BY o.id"
        " HAVING o.subtotal_amount IS DISTINCT FROM SUM(l.subtotal_amount)"
        " OR o.tax_amount IS DISTINCT FROM SUM(l.tax_amount)",
    ),
    Invariant(
        "M4",
        "Every amount of an order is rounded to its currency and none is negative",
        "SELECT number, total_amount FROM orders_order WHERE total_amount < 0 OR refunded_amount < 0"
        " OR total_amount <> round(total_amount, CASE WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR',"
        " 'TND') THEN 3 ELSE 2 END)",
    ),
    Invariant(
        "Q3",
        "A cart makes at most one live order",
        "SELECT cart_id, COUNT(*) AS live FROM orders_order"
        " WHERE status NOT IN ('cancelled', 'expired', 'refunded') GROUP BY cart_id HAVING COUNT(*) > 1",
    ),
    Invariant(
        "D2",
        "No order awaits payment long after its window is over (the sweeper runs)",
        "SELECT number, payment_due_at FROM orders_order WHERE status IN ('created', 'pending')"
        " AND payment_due_at < statement_timestamp() - interval '5 minutes'",
    ),
    Invariant(
        "D3",
        "The last line of an order's history is its status",
        "SELECT o.number, o.status, h.new FROM orders_order o LEFT JOIN LATERAL (SELECT new FROM"
        " orders_orderstatuschange c WHERE c.order_id = o.id ORDER BY c.id DESC LIMIT 1) h ON TRUE"
        " WHERE h.new IS DISTINCT FROM o.status",
    ),
    Invariant(
        "X1",
        "What an order's total makes in the second currency was quoted for exactly this total",
        "SELECT o.number, o.total_amount, q.base_amount FROM orders_order o"
        " JOIN fx_rates_exchangequote q ON q.id = o.quote_id"
        " WHERE q.base_amount <> o.total_amount OR q.base_currency <> o.currency",
    ),
)
