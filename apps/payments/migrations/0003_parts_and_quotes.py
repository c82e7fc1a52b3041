import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    """A payment may bring a part of an order's price, and in another currency."""

    dependencies = [
        ('orders', '0006_paid_within_total'),
        ('payments', '0002_cases_and_the_payment_that_pays'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_one_live_per_order',
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_amount_positive',
        ),
        migrations.RemoveConstraint(
            model_name='refund',
            name='refund_amount_positive',
        ),
        migrations.AddField(
            model_name='payment',
            name='capture_reference',
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name='payment',
            name='counted_amount',
            field=models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19),
        ),
        migrations.AddField(
            model_name='payment',
            name='fee_amount',
            field=models.DecimalField(blank=True, decimal_places=4, help_text='What the provider kept, once it says so.', max_digits=19, null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='order_amount',
            field=models.DecimalField(decimal_places=4, default=1, max_digits=19),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='payment',
            name='order_currency',
            field=models.CharField(default='USD', max_length=3),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='payment',
            name='page_url',
            field=models.CharField(blank=True, help_text='The page at the provider to which the customer was sent.', max_length=500),
        ),
        migrations.AddField(
            model_name='payment',
            name='quote',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fx_rates.exchangequote'),
        ),
        migrations.AddField(
            model_name='payment',
            name='return_url',
            field=models.CharField(blank=True, help_text='Where the storefront wants its customer back.', max_length=500),
        ),
        migrations.AddField(
            model_name='refund',
            name='is_excess',
            field=models.BooleanField(default=False, help_text='The order had no use for this money.'),
        ),
        migrations.AddField(
            model_name='refund',
            name='order_amount',
            field=models.DecimalField(decimal_places=4, default=Decimal('0'), help_text="What it takes back of the money that counted, in the order's currency.", max_digits=19),
        ),
        migrations.AddField(
            model_name='webhookevent',
            name='capture_reference',
            field=models.CharField(blank=True, help_text="The provider's name of the money that it is about.", max_length=255),
        ),
    ]
