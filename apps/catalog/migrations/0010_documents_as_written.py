from django.db import migrations

import apps.catalog.models

# Nobody looks for anything inside the two; as `json` they are stored ready to send, outside the row where they are long.
AS_WRITTEN = """
ALTER TABLE catalog_productdocument
    ALTER COLUMN card TYPE json USING card::json, ALTER COLUMN detail TYPE json USING detail::json;
ALTER TABLE catalog_productdocument
    ALTER COLUMN card SET STORAGE EXTERNAL, ALTER COLUMN detail SET STORAGE EXTERNAL;
"""
AS_VALUES = """
ALTER TABLE catalog_productdocument
    ALTER COLUMN card TYPE jsonb USING card::jsonb, ALTER COLUMN detail TYPE jsonb USING detail::jsonb;
ALTER TABLE catalog_productdocument
    ALTER COLUMN card SET STORAGE EXTERNAL, ALTER COLUMN detail SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_document_orders")]

    operations = [
        migrations.RunSQL(
            AS_WRITTEN,
            AS_VALUES,
            state_operations=[
                migrations.AlterField("productdocument", name, apps.catalog.models.WrittenJson())
                for name in ("card", "detail")
            ],
        ),
    ]
