from collections import defaultdict

from django.db import migrations

AT_ONCE = 1000


def tell(apps, schema_editor):
    """Documents that tell pictures say of each that there are no renditions yet, and whose variant it shows."""
    documents, images = apps.get_model("catalog", "ProductDocument"), apps.get_model("catalog", "ProductImage")
    shown, last = documents.objects.filter(pk__in=images.objects.values("product")).order_by("pk"), 0
    while batch := list(shown.filter(pk__gt=last)[:AT_ONCE]):
        variants = defaultdict(list)
        rows = images.objects.filter(product_id__in=[document.pk for document in batch]).order_by("position")
        for product_id, variant in rows.values_list("product_id", "variant__public_id"):
            variants[product_id].append(variant)
        for document in batch:
            for told in (document.card["image"], document.detail["image"], *document.detail["images"]):
                if told is not None:
                    told["renditions"] = None
            for told, variant in zip(document.detail["images"], variants[document.pk]):
                told["variant"] = variant and str(variant)
            document.save(update_fields=["card", "detail"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    """Written with the documents, which makes a new edition of the shop window."""

    dependencies = [("catalog", "0017_image_renditions")]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop, elidable=True)]
