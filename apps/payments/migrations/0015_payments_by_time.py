from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """For figures by day and the list's filters; beside the running shop, without locking it."""

    atomic = False

    dependencies = [
        ('payments', '0014_claim_history_is_for_ever'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(fields=['created_at'], name='payment_by_time'),
        ),
    ]
