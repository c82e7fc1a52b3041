from django.db import migrations, models


class Migration(migrations.Migration):
    """Nothing counts beyond the total, and no more goes back than came."""

    dependencies = [
        ('orders', '0005_fill_what_was_paid'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('paid_amount__gte', 0), ('paid_amount__lte', models.F('total_amount'))), name='order_paid_within_total'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_amount__gte', 0), ('refunded_amount__lte', models.F('paid_amount'))), name='order_refunds_within_payments'),
        ),
    ]
