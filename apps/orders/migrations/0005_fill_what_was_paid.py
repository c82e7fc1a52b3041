from django.db import migrations

PAID = """
UPDATE orders_order SET paid_amount = total_amount
WHERE payment_status IN ('paid', 'partially_refunded', 'refunded')
"""


class Migration(migrations.Migration):
    """Until now an order was paid whole or not at all."""

    dependencies = [("orders", "0004_what_was_paid")]

    operations = [migrations.RunSQL(PAID, migrations.RunSQL.noop)]
