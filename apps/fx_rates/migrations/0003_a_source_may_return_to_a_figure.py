from django.db import migrations


class Migration(migrations.Migration):
    """A source may correct itself and take it back within a day, so the same figure may be accepted twice."""

    dependencies = [("fx_rates", "0002_rates_are_for_ever")]

    operations = [migrations.RemoveConstraint(model_name="exchangeratesnapshot", name="rate_accepted_once")]
