from django.db import migrations

# Pages are kept as they were written; what is new goes before their last brace.
NOTHING_SAID_YET = """
UPDATE catalog_productdocument SET detail = (left(detail::text, -1)
    || ',"specifications":[],"seo":{"title":"","description":""}}')::json
"""

# What a public read looks at, see 0007_edition.
WATCHED = ["catalog_translateddocument", "catalog_relatedproduct"]


def watch(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION catalog_shelves_changed()",
        f"DROP TRIGGER new_edition ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0022_words")]

    operations = [
        *(watch(table) for table in WATCHED),
        migrations.RunSQL(NOTHING_SAID_YET, migrations.RunSQL.noop),
    ]
