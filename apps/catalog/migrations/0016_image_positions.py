from django.db import migrations

# The order in which a product's pictures were shown until today, without gaps and doubles.
NUMBER = """
UPDATE catalog_productimage image SET position = placed.position
FROM (SELECT id, row_number() OVER (PARTITION BY product_id ORDER BY position, id) - 1 AS position
      FROM catalog_productimage) AS placed
WHERE placed.id = image.id AND placed.position <> image.position
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0015_history_begins")]

    operations = [migrations.RunSQL(NUMBER, migrations.RunSQL.noop, elidable=True)]
