from django.db import migrations

# Documents tell the store's name, and are there while it is open. Whoever changes that waits for those who write
# documents, who share this lock (services/locks.py), and finds each of them due: with the change, the store's products
# are behind, and the next reader writes them before he looks (ADR 0013). Nobody keeps what he was told before.
FORWARD = """
CREATE FUNCTION catalog_hold_shelves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock(24095);
    RETURN NEW;
END $$;

CREATE FUNCTION catalog_store_turned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO catalog_productturn (product_id, due_at)
    SELECT id, statement_timestamp() FROM catalog_product
    WHERE store_id = NEW.id AND status = 'published' AND deleted_at IS NULL ORDER BY id
    ON CONFLICT (product_id) DO UPDATE SET due_at = excluded.due_at;
    PERFORM catalog_new_edition(true);
    RETURN NULL;
END $$;

CREATE TRIGGER hold_shelves BEFORE UPDATE ON stores_store FOR EACH ROW
    WHEN ((OLD.is_active, OLD.name, OLD.slug) IS DISTINCT FROM (NEW.is_active, NEW.name, NEW.slug))
    EXECUTE FUNCTION catalog_hold_shelves();
CREATE TRIGGER products_turn AFTER UPDATE ON stores_store FOR EACH ROW
    WHEN ((OLD.is_active, OLD.name, OLD.slug) IS DISTINCT FROM (NEW.is_active, NEW.name, NEW.slug))
    EXECUTE FUNCTION catalog_store_turned();
"""
BACKWARD = """
DROP TRIGGER products_turn ON stores_store;
DROP TRIGGER hold_shelves ON stores_store;
DROP FUNCTION catalog_store_turned();
DROP FUNCTION catalog_hold_shelves();
"""

# What stores that are closed already have in the shop goes as if they were closed now.
CLOSED_ALREADY = """
INSERT INTO catalog_productturn (product_id, due_at)
SELECT p.id, statement_timestamp() FROM catalog_product p JOIN stores_store s ON s.id = p.store_id
WHERE NOT s.is_active AND p.status = 'published' AND p.deleted_at IS NULL
ON CONFLICT (product_id) DO UPDATE SET due_at = excluded.due_at;
SELECT catalog_new_edition(true);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0025_words_have_defaults"),
        ("stores", "0003_stores_await_their_opening"),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunSQL(CLOSED_ALREADY, migrations.RunSQL.noop),
    ]
