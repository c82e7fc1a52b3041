from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# Cards and pages are kept as they were written; what is new goes before their last brace.
NOT_RATED_YET = """
UPDATE catalog_productdocument SET
    card = (left(card::text, -1) || ',"rating":null}')::json,
    detail = (left(detail::text, -1) || ',"rating":null,"rating_histogram":{"1":0,"2":0,"3":0,"4":0,"5":0}}')::json
"""


class Migration(migrations.Migration):
    """What buyers gave, in documents; every document is written, which makes a new edition of the shop window."""

    dependencies = [("catalog", "0010_documents_as_written")]

    operations = [
        migrations.CreateModel(
            name="ProductRating",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="rating",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
                (
                    "stars",
                    django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=5),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stars__len", 5)), name="rating_counts_each_number_of_stars"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="productdocument",
            name="rating",
            field=models.DecimalField(
                db_default=Decimal("0"), decimal_places=2, help_text="0: nobody rated it.", max_digits=3
            ),
        ),
        migrations.AddIndex(
            model_name="productdocument",
            index=models.Index(fields=["-rating", "-product_id"], name="document_rating"),
        ),
        migrations.RunSQL(NOT_RATED_YET, migrations.RunSQL.noop),
    ]
