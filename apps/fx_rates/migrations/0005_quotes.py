import apps.common.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('fx_rates', '0004_versions_never_repeat'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExchangeQuote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('public_id', models.UUIDField(default=apps.common.ids.new_id, editable=False, unique=True)),
                ('base_amount', models.DecimalField(decimal_places=4, max_digits=19)),
                ('base_currency', models.CharField(max_length=3)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=19)),
                ('currency', models.CharField(max_length=3)),
                ('rate', models.DecimalField(decimal_places=10, max_digits=20)),
                ('rounding', models.CharField(default='half_up', max_length=20)),
                ('source', models.CharField(max_length=30)),
                ('value_date', models.DateField()),
                ('is_fallback', models.BooleanField(default=False)),
                ('margin_percent', models.DecimalField(decimal_places=3, default=Decimal('0'), max_digits=7)),
                ('expires_at', models.DateTimeField()),
                ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fx_rates.exchangeratesnapshot')),
                ('through', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fx_rates.exchangeratesnapshot')),
            ],
            options={
                'verbose_name': 'quote',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('base_amount__gt', 0)), name='quote_amounts_positive'), models.CheckConstraint(condition=models.Q(('rate__gt', 0), ('rate__lt', Decimal('10000000000'))), name='quote_rate_positive'), models.CheckConstraint(condition=models.Q(('currency', models.F('base_currency')), _negated=True), name='quote_between_two_currencies')],
            },
        ),
    ]
