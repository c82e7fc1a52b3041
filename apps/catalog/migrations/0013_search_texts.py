from django.db import migrations

from apps.catalog.services.searching import write_search_texts

AT_ONCE = 1000


def fill(apps, schema_editor):
    """Make what is shown already searchable. A shop that begins today has no documents, and this does nothing."""
    documents = apps.get_model("catalog", "ProductDocument").objects.order_by("pk")
    last = 0
    while batch := list(documents.filter(pk__gt=last).values_list("pk", "detail")[:AT_ONCE]):
        write_search_texts(batch)
        last = batch[-1][0]


class Migration(migrations.Migration):
    dependencies = [("catalog", "0012_search")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
