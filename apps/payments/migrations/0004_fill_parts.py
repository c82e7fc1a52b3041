from django.db import migrations

PARTS = """
UPDATE payments_payment p SET order_amount = p.amount, order_currency = o.currency,
    counted_amount = CASE WHEN p.pays_order THEN p.captured_amount ELSE 0 END
FROM orders_order o WHERE o.id = p.order_id;
UPDATE payments_refund r SET order_amount = CASE WHEN p.pays_order THEN r.amount ELSE 0 END, is_excess = NOT p.pays_order
FROM payments_payment p WHERE p.id = r.payment_id;
"""


class Migration(migrations.Migration):
    """Until now every payment was for the whole order, in its currency."""

    dependencies = [("payments", "0003_parts_and_quotes")]

    operations = [migrations.RunSQL(PARTS, migrations.RunSQL.noop)]
