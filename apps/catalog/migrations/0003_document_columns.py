import django.contrib.postgres.indexes
import django.db.models.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    """New columns for filters and order. Documents are derived: no shop has any before this release."""

    dependencies = [("catalog", "0002_trigram")]

    operations = [
        migrations.RemoveIndex(model_name="productdocument", name="document_name"),
        migrations.AddField(
            model_name="productdocument",
            name="sort_name",
            field=models.CharField(max_length=200, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="productdocument",
            name="product_type",
            field=models.CharField(db_index=True, max_length=50, default=""),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="productdocument",
            index=models.Index(fields=["sort_name", "product_id"], name="document_name"),
        ),
        migrations.AddIndex(
            model_name="productdocument",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.Upper("description"), name="gin_trgm_ops"
                ),
                name="document_description",
            ),
        ),
    ]
