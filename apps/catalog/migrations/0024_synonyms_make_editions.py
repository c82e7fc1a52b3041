from django.db import migrations

# What a search has found is kept for an edition, and staff change what words mean.
WATCH = """
CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog_searchsynonym
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_shelves_changed()
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0023_words_in_documents")]
    operations = [migrations.RunSQL(WATCH, "DROP TRIGGER new_edition ON catalog_searchsynonym")]
