from apps.common.audit import Invariant, register

register(
    Invariant(
        "R1",
        "What a product is rated is the sum of the reviews that are shown",
        "SELECT product_id, kept.stars AS kept, counted.stars AS counted FROM catalog_productrating AS kept"
        " FULL JOIN (SELECT product_id, ARRAY[COUNT(*) FILTER (WHERE rating = 1), COUNT(*) FILTER (WHERE rating = 2),"
        " COUNT(*) FILTER (WHERE rating = 3), COUNT(*) FILTER (WHERE rating = 4), COUNT(*) FILTER (WHERE rating = 5)"
        "]::int[] AS stars FROM reviews_review WHERE is_shown GROUP BY product_id) AS counted USING (product_id)"
        " WHERE COALESCE(kept.stars, '{0,0,0,0,0}') <> COALESCE(counted.stars, '{0,0,0,0,0}')",
    ),
)
