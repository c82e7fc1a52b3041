from django.db import migrations

SENT = """
UPDATE payments_refundline refunded SET sent_quantity = refunded.quantity
FROM orders_orderline line WHERE line.id = refunded.order_line_id AND line.sent_quantity > 0
"""


class Migration(migrations.Migration):
    """Until now nothing was given up: units that were refunded before they were sent went out with the others."""

    dependencies = [("payments", "0018_units_given_up_or_sent")]

    operations = [migrations.RunSQL(SENT, migrations.RunSQL.noop)]
