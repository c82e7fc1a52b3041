from apps.catalog.selectors import ON_SALE_NOW, PRICE_NOW
from apps.common.audit import Invariant, register

# Until a turn that is due is written, by beat or by the next reader, a document says what was before; see C6.
_NOT_BEHIND = """NOT EXISTS (
    SELECT FROM catalog_productturn t WHERE t.product_id = product.id AND t.due_at <= statement_timestamp())"""
_NEXT_MOMENT = """(
    SELECT MIN(moment) FROM (
        SELECT unnest(ARRAY[product.publish_from, product.publish_until])
        UNION ALL SELECT unnest(ARRAY[o.starts_at, o.ends_at]) FROM catalog_offer o
        JOIN catalog_productvariant v ON v.id = o.variant_id AND v.is_active WHERE v.product_id = product.id
    ) AS known (moment) WHERE moment > statement_timestamp())"""

register(
    Invariant(
        "C1",
        "Every product that can be seen and bought has a document, and no other product has one",
        "SELECT product.id, product.slug, product.status, product.deleted_at, d.product_id AS document"
        " FROM catalog_product product LEFT JOIN catalog_productdocument d ON d.product_id = product.id"
        " WHERE (d.product_id IS NOT NULL) <> EXISTS ("
        f"SELECT FROM catalog_productvariant variant WHERE variant.product_id = product.id AND {ON_SALE_NOW})"
        f" AND {_NOT_BEHIND}",
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
    Invariant(
        "C5",
        "Every document can be searched",
        "SELECT d.product_id, d.slug FROM catalog_productdocument d"
        " WHERE NOT EXISTS (SELECT FROM catalog_searchtext t WHERE t.product_id = d.product_id)",
    ),
    Invariant(
        "C6",
        "No document is minutes behind the clock: beat writes it within seconds, the next reader at once",
        "SELECT t.product_id, t.due_at FROM catalog_productturn t"
        " WHERE t.due_at < statement_timestamp() - interval '5 minutes'",
    ),
    Invariant(
        "C7",
        "Documents tell the lowest price of now, and know the next moment at which the clock changes them",
        "SELECT product.id, product.slug, d.price_from, cheapest.price, t.due_at, moment FROM catalog_product product"
        " JOIN catalog_productdocument d ON d.product_id = product.id"
        " LEFT JOIN catalog_productturn t ON t.product_id = product.id"
        f" CROSS JOIN LATERAL (SELECT MIN({PRICE_NOW}) AS price FROM catalog_productvariant variant"
        " WHERE variant.product_id = product.id AND variant.is_active) AS cheapest"
        f" CROSS JOIN LATERAL {_NEXT_MOMENT} AS next (moment)"
        f" WHERE {_NOT_BEHIND} AND (d.price_from <> cheapest.price OR t.due_at IS DISTINCT FROM moment)",
    ),
    Invariant(
        "C8",
        "An offer that is not over is below the regular price",
        "SELECT o.id, v.sku, o.price_amount, v.price_amount AS regular FROM catalog_offer o"
        " JOIN catalog_productvariant v ON v.id = o.variant_id"
        " WHERE (o.ends_at IS NULL OR o.ends_at > statement_timestamp()) AND o.price_amount >= v.price_amount",
    ),
    Invariant(
        "C9",
        "Every product and every category is found by its slug",
        "SELECT slug, id FROM catalog_product p"
        " WHERE NOT EXISTS (SELECT FROM catalog_productslug s WHERE s.slug = p.slug AND s.product_id = p.id)"
        " UNION ALL SELECT slug, id FROM catalog_category c"
        " WHERE NOT EXISTS (SELECT FROM catalog_categoryslug s WHERE s.slug = c.slug AND s.category_id = c.id)",
    ),
    Invariant(
        "C10",
        "A document is there in just the languages in which its product, or a category or tag of it, says something",
        "SELECT COALESCE(said.product_id, t.product_id) AS product_id, said.language, t.language AS translated FROM ("
        "SELECT p.id AS product_id, jsonb_object_keys(p.translations) AS language FROM catalog_product p"
        " UNION SELECT own.product_id, jsonb_object_keys(above.names) FROM catalog_product_categories own"
        " JOIN catalog_category c ON c.id = own.category_id"
        " JOIN catalog_category above ON starts_with(c.path, above.path)"
        " UNION SELECT own.product_id, jsonb_object_keys(tag.names) FROM catalog_product_tags own"
        " JOIN catalog_tag tag ON tag.id = own.tag_id) AS said"
        " JOIN catalog_productdocument d ON d.product_id = said.product_id"
        " FULL JOIN catalog_translateddocument t ON t.product_id = said.product_id AND t.language = said.language"
        " WHERE t.id IS NULL OR said.language IS NULL",
    ),
)
