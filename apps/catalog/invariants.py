from apps.common.audit import Invariant, register

register(
    Invariant(
        "C1",
        "Every product that can be seen and bought has a document, and no other product has one",
        "SELECT p.id, p.slug, p.status, p.deleted_at, d.product_id AS document FROM catalog_product p"
        " LEFT JOIN catalog_productdocument d ON d.product_id = p.id"
        " WHERE (d.product_id IS NOT NULL) <> (p.status = 'published' AND p.deleted_at IS NULL"
        " AND EXISTS (SELECT 1 FROM catalog_productvariant v WHERE v.product_id = p.id AND v.is_active))",
    ),
    Invariant(
        "C2",
        "The kept counts equal the documents",
        "SELECT key, kept.documents AS kept, counted.documents AS counted"
        " FROM (SELECT key, SUM(documents) AS documents FROM catalog_documentcount GROUP BY key) AS kept"
        " FULL JOIN (SELECT key, COUNT(*) AS documents FROM catalog_productdocument, catalog_count_keys("
        "category_slugs, tag_slugs, product_type, is_featured, attributes) AS key GROUP BY key) AS counted USING (key)"
        " WHERE COALESCE(kept.documents, 0) <> COALESCE(counted.documents, 0)",
    ),
    Invariant(
        "C3",
        "Documents tell what the product is rated",
        "SELECT d.product_id, r.stars, d.rating, d.card #>> '{rating}' AS told FROM catalog_productdocument d"
        " LEFT JOIN catalog_productrating r USING (product_id)"
        " WHERE d.rating <> COALESCE((d.card #>> '{rating,average}')::numeric, 0)"
        " OR COALESCE((d.card #>> '{rating,count}')::int, 0) <> COALESCE((SELECT SUM(n) FROM unnest(r.stars) n), 0)",
    ),
    Invariant(
        "C4",
        "A product's pictures stand at 0, 1, 2, …, so that one is the primary one, and show variants of its own",
        "SELECT i.product_id, i.id, i.position, i.variant_id FROM catalog_productimage i"
        " LEFT JOIN catalog_productvariant v ON v.id = i.variant_id"
        " WHERE v.product_id <> i.product_id OR (i.position > 0 AND NOT EXISTS (SELECT 1 FROM catalog_productimage b"
        " WHERE b.product_id = i.product_id AND b.position = i.position - 1))",
    ),
)
