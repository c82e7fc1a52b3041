from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index that is built beside the writing

    dependencies = [("outbox", "0002_claim_in_order")]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(condition=models.Q(("status", "dead")), fields=["handler"], name="delivery_dead_letters"),
        )
    ]
