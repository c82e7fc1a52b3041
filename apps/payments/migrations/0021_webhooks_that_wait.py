from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """To count them at any time; beside the running shop, without locking it."""

    atomic = False

    dependencies = [("payments", "0020_signature_headers")]

    operations = [
        AddIndexConcurrently(
            model_name="webhookevent",
            index=models.Index(
                condition=models.Q(("status__in", ["received", "deferred"])),
                fields=["provider", "status", "created_at"],
                name="webhook_waiting",
            ),
        ),
    ]
