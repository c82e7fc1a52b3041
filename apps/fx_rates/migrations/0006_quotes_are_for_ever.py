from django.db import migrations

FORWARD = """
CREATE TRIGGER quote_append_only BEFORE UPDATE OR DELETE ON fx_rates_exchangequote
    FOR EACH ROW EXECUTE FUNCTION fx_rates_refuse_change();
"""
BACKWARD = "DROP TRIGGER quote_append_only ON fx_rates_exchangequote;"


class Migration(migrations.Migration):
    """The database itself refuses to rewrite what was promised."""

    dependencies = [("fx_rates", "0005_quotes")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
