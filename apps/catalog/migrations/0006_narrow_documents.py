from django.db import migrations

# Filters and counts read the rows of documents without their pages: `detail` is kept beside the table, the rest in it.
NARROW = """
ALTER TABLE catalog_productdocument
    ALTER COLUMN card SET STORAGE EXTERNAL,
    ALTER COLUMN detail SET STORAGE EXTERNAL,
    ALTER COLUMN description SET STORAGE MAIN,
    ALTER COLUMN attributes SET STORAGE MAIN,
    SET (toast_tuple_target = 1024);
"""
WIDE = """
ALTER TABLE catalog_productdocument
    ALTER COLUMN card SET STORAGE EXTENDED,
    ALTER COLUMN detail SET STORAGE EXTENDED,
    ALTER COLUMN description SET STORAGE EXTENDED,
    ALTER COLUMN attributes SET STORAGE EXTENDED,
    RESET (toast_tuple_target);
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_published_has_date")]

    operations = [migrations.RunSQL(NARROW, WIDE)]
