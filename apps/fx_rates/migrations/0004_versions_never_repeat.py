from django.db import migrations


class Migration(migrations.Migration):
    """Versions of boards come from a sequence: a number that was rolled back is never given out again."""

    dependencies = [("fx_rates", "0003_a_source_may_return_to_a_figure")]

    operations = [migrations.RunSQL("CREATE SEQUENCE fx_rates_version", "DROP SEQUENCE fx_rates_version")]
