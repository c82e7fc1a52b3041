from django.db import migrations, models

FILL = """
UPDATE catalog_productdocument SET
    price_to = (card #>> '{price_to,amount}')::numeric,
    compare_at = (card #>> '{compare_at_price,amount}')::numeric
WHERE card -> 'price_to' <> 'null' OR card -> 'compare_at_price' <> 'null'
"""


class Migration(migrations.Migration):
    """Columns for prices in the second currency and for offers. Filled from the cards, which have them as they are shown."""

    dependencies = [("catalog", "0007_edition")]

    operations = [
        migrations.AddField(
            model_name="productdocument",
            name="price_to",
            field=models.DecimalField(
                decimal_places=4, help_text="Empty: as `price_from`.", max_digits=19, null=True
            ),
        ),
        migrations.AddField(
            model_name="productdocument",
            name="compare_at",
            field=models.DecimalField(decimal_places=4, help_text="Empty: not on offer.", max_digits=19, null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
