from django.db import migrations, models

KEEP_COUNTS = """
CREATE FUNCTION catalog_count_keys(
    category_slugs text[], tag_slugs text[], product_type text, is_featured boolean, attributes jsonb
) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT 'all'
    UNION ALL SELECT 'is_featured' WHERE is_featured
    UNION ALL SELECT 'product_type:' || product_type
    UNION ALL SELECT 'category:' || slug FROM unnest(category_slugs) AS slug
    UNION ALL SELECT 'tag:' || slug FROM unnest(tag_slugs) AS slug
    UNION ALL SELECT 'attribute:' || code || '=' || value FROM jsonb_each_text(attributes) AS given(code, value)
$$;

-- Adds up what the statement changed per key, takes along the rows of those keys that no other transaction holds, and
-- puts one row per key in their place.
CREATE FUNCTION catalog_add_to_counts(keys text[], counts int[]) RETURNS void LANGUAGE sql AS $$
    WITH change AS (
        SELECT key, sum(documents) AS documents FROM unnest(keys, counts) AS given(key, documents)
        GROUP BY key HAVING sum(documents) <> 0
    ), folded AS (
        DELETE FROM catalog_documentcount WHERE id IN (
            SELECT id FROM catalog_documentcount WHERE key IN (SELECT key FROM change) FOR UPDATE SKIP LOCKED
        ) RETURNING key, documents
    )
    INSERT INTO catalog_documentcount (key, documents)
    SELECT key, sum(documents) FROM (SELECT * FROM change UNION ALL SELECT * FROM folded) AS part
    GROUP BY key HAVING sum(documents) <> 0
$$;

CREATE FUNCTION catalog_count_inserted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM catalog_add_to_counts(array_agg(key), array_agg(1))
    FROM new_rows, catalog_count_keys(category_slugs, tag_slugs, product_type, is_featured, attributes) AS key;
    RETURN NULL;
END $$;

CREATE FUNCTION catalog_count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM catalog_add_to_counts(array_agg(key), array_agg(-1))
    FROM old_rows, catalog_count_keys(category_slugs, tag_slugs, product_type, is_featured, attributes) AS key;
    RETURN NULL;
END $$;

CREATE FUNCTION catalog_count_updated() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM catalog_add_to_counts(array_agg(key), array_agg(change)) FROM (
        SELECT key, 1 AS change FROM new_rows,
            catalog_count_keys(category_slugs, tag_slugs, product_type, is_featured, attributes) AS key
        UNION ALL SELECT key, -1 FROM old_rows,
            catalog_count_keys(category_slugs, tag_slugs, product_type, is_featured, attributes) AS key
    ) AS moved;
    RETURN NULL;
END $$;

CREATE TRIGGER count_inserted AFTER INSERT ON catalog_productdocument REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_count_inserted();
CREATE TRIGGER count_deleted AFTER DELETE ON catalog_productdocument REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_count_deleted();
CREATE TRIGGER count_updated AFTER UPDATE ON catalog_productdocument
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_count_updated();

SELECT catalog_add_to_counts(array_agg(key), array_agg(1))
FROM catalog_productdocument AS d, catalog_count_keys(category_slugs, tag_slugs, product_type, is_featured, attributes) AS key;
"""

DROP_COUNTS = """
DROP TRIGGER count_updated ON catalog_productdocument;
DROP TRIGGER count_deleted ON catalog_productdocument;
DROP TRIGGER count_inserted ON catalog_productdocument;
DROP FUNCTION catalog_count_updated;
DROP FUNCTION catalog_count_deleted;
DROP FUNCTION catalog_count_inserted;
DROP FUNCTION catalog_add_to_counts;
DROP FUNCTION catalog_count_keys;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_document_columns")]

    operations = [
        migrations.CreateModel(
            name="DocumentCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_index=True, max_length=300)),
                ("documents", models.IntegerField()),
            ],
        ),
        migrations.RunSQL(KEEP_COUNTS, DROP_COUNTS),
    ]
