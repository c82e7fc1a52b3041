from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index that is built beside the writing

    dependencies = [("orders", "0008_fill_sent_units")]

    operations = [
        AddIndexConcurrently(
            model_name="orderstatuschange",
            index=models.Index(
                condition=models.Q(("new", "completed")), fields=["created_at"], name="order_history_of_arrivals"
            ),
        )
    ]
