from django.db import migrations

# Cards and pages are kept as they were written; what is new goes before their last brace, and behind each variant.
NO_OFFER_YET = r"""
UPDATE catalog_productdocument SET
    card = (left(card::text, -1) || ',"offer_ends_at":null}')::json,
    detail = (left(regexp_replace(
        detail::text, '("weight_grams":\d+,"barcode":"(?:[^"\\]|\\.)*")\}', '\1,"offer_ends_at":null}', 'g'
    ), -1) || ',"offer_ends_at":null}')::json
"""
SLUGS = """
INSERT INTO catalog_productslug (slug, product_id) SELECT slug, id FROM catalog_product;
INSERT INTO catalog_categoryslug (slug, category_id) SELECT slug, id FROM catalog_category;
"""


class Migration(migrations.Migration):
    """What there is already, as the new release has it."""

    dependencies = [("catalog", "0019_offers")]

    operations = [
        migrations.RunSQL(NO_OFFER_YET, migrations.RunSQL.noop),
        migrations.RunSQL(SLUGS, migrations.RunSQL.noop),
    ]
