from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """For the figures of a day; beside the running shop, without locking it."""

    atomic = False

    dependencies = [("notifications", "0002_phone_messages")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(fields=["created_at"], name="message_by_time"),
        ),
    ]
