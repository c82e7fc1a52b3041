import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    """What came for an order, beside what it costs."""

    dependencies = [
        ('fx_rates', '0006_quotes_are_for_ever'),
        ('orders', '0003_number_from_the_sequence'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='order',
            name='order_payment_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='order_refunds_within_total',
        ),
        migrations.AddField(
            model_name='order',
            name='is_pickup',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='order',
            name='paid_amount',
            field=models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19),
        ),
        migrations.AddField(
            model_name='order',
            name='quote',
            field=models.ForeignKey(blank=True, help_text="The total in the shop's second currency, as it was shown; empty when no rate was fit.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fx_rates.exchangequote'),
        ),
        migrations.AlterField(
            model_name='order',
            name='payment_status',
            field=models.CharField(choices=[('unpaid', 'Unpaid'), ('partially_paid', 'Partially Paid'), ('paid', 'Paid'), ('partially_refunded', 'Partially Refunded'), ('refunded', 'Refunded')], default='unpaid', max_length=20),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('payment_status__in', ['unpaid', 'partially_paid', 'paid', 'partially_refunded', 'refunded'])), name='order_payment_status_known'),
        ),
    ]
