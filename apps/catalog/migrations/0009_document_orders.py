from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Order by popularity, and offers by age."""

    dependencies = [("catalog", "0008_document_prices")]

    operations = [
        migrations.AddField(
            model_name="productdocument",
            name="popularity",
            field=models.PositiveIntegerField(db_default=0, help_text="Units sold of late; see `set_popularity`."),
        ),
        migrations.AddIndex(
            model_name="productdocument",
            index=models.Index(fields=["-popularity", "-product_id"], name="document_popularity"),
        ),
        migrations.AddIndex(
            model_name="productdocument",
            index=models.Index(
                condition=Q(("compare_at__isnull", False)),
                fields=["-published_at", "-product_id"],
                name="document_offers_newest",
            ),
        ),
    ]
