from django.db import migrations, models

# The row is one that no other transaction holds, so that writers never wait here; where all are held there is one more.
# Steps are of random size: a shop restored from a backup does not come by the same numbers again.
FUNCTIONS = """
CREATE FUNCTION catalog_new_edition(is_on_shelves boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE step bigint := 1 + floor(random() * 1000000);
DECLARE shelf_step bigint := CASE WHEN is_on_shelves THEN step ELSE 0 END;
BEGIN
    UPDATE catalog_edition SET shelves = shelves + shelf_step, figures = figures + step
    WHERE id = (SELECT id FROM catalog_edition LIMIT 1 FOR UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO catalog_edition (shelves, figures) VALUES (shelf_step, step);
    END IF;
END $$;

CREATE FUNCTION catalog_shelves_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM catalog_new_edition(true);
    RETURN NULL;
END $$;
"""
DROP_FUNCTIONS = """
DROP FUNCTION catalog_shelves_changed();
DROP FUNCTION catalog_new_edition(boolean);
"""

# What a public read looks at and no other app watches over.
WATCHED = [
    "catalog_productdocument",
    "catalog_productvariant",
    "catalog_category",
    "catalog_tag",
    "catalog_attribute",
    "catalog_producttype",
    "catalog_producttype_attributes",
]

# A row at a time, because the shop inserts a currency's row again and again, and mostly finds it there.
WATCH_RATES = """
CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE ON fx_rates_exchangerateboard
    FOR EACH ROW EXECUTE FUNCTION catalog_shelves_changed()
"""


def watch(table: str) -> migrations.RunSQL:
    """Every statement that writes to the table, whoever sends it, makes a new edition."""
    return migrations.RunSQL(
        f"CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION catalog_shelves_changed()",
        f"DROP TRIGGER new_edition ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_narrow_documents"), ("fx_rates", "0006_quotes_are_for_ever")]

    operations = [
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("shelves", models.BigIntegerField()),
                ("figures", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        *(watch(table) for table in WATCHED),
        migrations.RunSQL(WATCH_RATES, "DROP TRIGGER new_edition ON fx_rates_exchangerateboard"),
    ]
