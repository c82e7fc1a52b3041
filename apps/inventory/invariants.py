from apps.common.audit import Invariant, register

register(
    Invariant(
        "S1",
        "Nothing is promised that is not there",
        "SELECT id, variant_id, on_hand, reserved, committed FROM inventory_stockitem"
        " WHERE on_hand < reserved + committed OR reserved < 0 OR committed < 0",
    ),
    Invariant(
        "S2",
        "The movements of a stock item sum to what is on hand",
        "SELECT s.id, s.on_hand, COALESCE(SUM(m.delta), 0) AS moved FROM inventory_stockitem s"
        " LEFT JOIN inventory_stockmovement m ON m.stock_item_id = s.id"
        " GROUP BY s.id HAVING s.on_hand <> COALESCE(SUM(m.delta), 0)",
    ),
    Invariant(
        "S3",
        "Stored counters equal the sums of live reservations",
        "SELECT s.id, s.reserved, s.committed, r.reserved AS held, r.committed AS sold FROM inventory_stockitem s"
        " LEFT JOIN (SELECT stock_item_id, COALESCE(SUM(quantity) FILTER (WHERE status = 'reserved'), 0) AS reserved,"
        " COALESCE(SUM(quantity) FILTER (WHERE status = 'committed'), 0) AS committed"
        " FROM inventory_reservation GROUP BY stock_item_id) r ON r.stock_item_id = s.id"
        " WHERE s.reserved <> COALESCE(r.reserved, 0) OR s.committed <> COALESCE(r.committed, 0)",
    ),
    Invariant(
        "S4",
        "A line holds one reservation or one commitment",
        "SELECT line_id, COUNT(*) AS live FROM inventory_reservation WHERE status IN ('reserved', 'committed')"
        " GROUP BY line_id HAVING COUNT(*) > 1",
    ),
)
