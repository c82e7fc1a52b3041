from django.db import migrations


class Migration(migrations.Migration):
    """Order numbers come from a sequence: unique without a lock; a gap means a checkout that was refused."""

    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE orders_order_number START 100001", "DROP SEQUENCE orders_order_number"
        )
    ]
