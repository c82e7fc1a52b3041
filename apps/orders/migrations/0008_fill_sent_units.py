from django.db import migrations

SENT = """
UPDATE orders_orderline line SET sent_quantity = parcel.quantity
FROM orders_fulfilmentline parcel WHERE parcel.line_id = line.id
"""


class Migration(migrations.Migration):
    """Until now a line was sent whole, in one parcel, or not at all."""

    dependencies = [("orders", "0007_sent_and_given_up_units")]

    operations = [migrations.RunSQL(SENT, migrations.RunSQL.noop)]
