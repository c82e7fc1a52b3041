from apps.common.audit import Invariant, register

register(
    Invariant(
        "S3b",
        "What an order owes of its lines is what inventory holds for them, and what it sent is what has left",
        "SELECT o.number, o.status, l.public_id AS line, l.quantity, l.sent_quantity, l.given_up_quantity, r.reserved,"
        " r.committed, r.shipped FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id CROSS JOIN LATERAL ("
        "SELECT COALESCE(SUM(quantity) FILTER (WHERE status = 'reserved'), 0) AS reserved,"
        " COALESCE(SUM(quantity) FILTER (WHERE status = 'committed'), 0) AS committed,"
        " COALESCE(SUM(quantity) FILTER (WHERE status = 'shipped'), 0) AS shipped"
        " FROM inventory_reservation WHERE line_id = l.public_id) r"
        " WHERE r.reserved <> CASE WHEN o.status IN ('created', 'pending') THEN l.quantity ELSE 0 END"
        " OR r.committed <> CASE WHEN o.status IN ('confirmed', 'processing')"
        " THEN l.quantity - l.sent_quantity - l.given_up_quantity ELSE 0 END OR r.shipped <> l.sent_quantity",
    ),
    Invariant(
        "S3c",
        "What a line says was sent is what its parcels hold",
        "SELECT l.public_id AS line, l.quantity, l.sent_quantity, SUM(f.quantity) AS in_parcels FROM orders_orderline l"
        " LEFT JOIN orders_fulfilmentline f ON f.line_id = l.id"
        " GROUP BY l.id HAVING COALESCE(SUM(f.quantity), 0) <> l.sent_quantity",
    ),
    Invariant(
        "S3d",
        "An order says that it is sent, whole or in part, if and only if that is so of its lines",
        "SELECT o.number, o.status, o.fulfilment_status FROM orders_order o JOIN orders_orderline l"
        " ON l.order_id = o.id GROUP BY o.id"
        " HAVING (o.fulfilment_status = 'unfulfilled') <> (SUM(l.sent_quantity) = 0) OR (o.fulfilment_status ="
        " 'fulfilled' AND SUM(l.quantity - l.sent_quantity - l.given_up_quantity) > 0) OR (o.status IN"
        " ('shipped', 'completed')) AND o.fulfilment_status <> 'fulfilled'",
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
    Invariant(
        "A5o",
        "No order says who an erased person was",
        "SELECT o.number FROM orders_order o JOIN accounts_user u ON u.id = o.customer_id WHERE u.erased_at IS NOT NULL"
        " AND (o.email <> u.email OR o.phone <> '' OR o.note <> ''"
        " OR EXISTS (SELECT 1 FROM jsonb_each_text(o.shipping_address || o.billing_address) part"
        " WHERE part.key NOT IN ('country', 'state_province') AND part.value <> ''))",
    ),
)
