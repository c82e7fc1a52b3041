from django.db import migrations

TRACKED = ["Category", "Product", "ProductVariant", "ProductImage"]

# Who did something is as much for ever as what was done.
GUARD = """
CREATE FUNCTION history_context_is_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'Who changed something is never changed';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pghistory_context
    FOR EACH ROW EXECUTE FUNCTION history_context_is_for_ever();
"""
NO_GUARD = """
DROP TRIGGER append_only ON pghistory_context;
DROP FUNCTION history_context_is_for_ever;
"""


def note_what_is_known(apps, schema_editor):
    """Write down how each row is today, so that its first change can be told from it."""
    for name in TRACKED:
        model, events = apps.get_model("catalog", name), apps.get_model("catalog", f"{name}Event")
        kept = [field.column for field in events._meta.concrete_fields if not field.name.startswith("pgh_")]
        columns = ", ".join(f'"{column}"' for column in kept)
        schema_editor.execute(
            f"INSERT INTO {events._meta.db_table} (pgh_created_at, pgh_label, pgh_obj_id, {columns})"
            f" SELECT clock_timestamp(), 'known', id, {columns} FROM {model._meta.db_table} ORDER BY id"
        )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0014_history")]

    operations = [
        migrations.RunSQL(GUARD, NO_GUARD),
        migrations.RunPython(note_what_is_known, migrations.RunPython.noop, elidable=True),
    ]
