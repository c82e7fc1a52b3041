import apps.common.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Customers at providers, the cards that they have left there, and payments with them."""

    dependencies = [
        ('payments', '0011_sending_refunds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='webhookevent',
            name='customer_reference',
            field=models.CharField(blank=True, db_default='', help_text="The provider's name of the person whose cards changed.", max_length=255),
        ),
        migrations.CreateModel(
            name='ProviderCustomer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('provider', models.CharField(max_length=30)),
                ('provider_reference', models.CharField(max_length=255)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SavedMethod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('public_id', models.UUIDField(default=apps.common.ids.new_id, editable=False, unique=True)),
                ('provider_reference', models.CharField(max_length=255)),
                ('brand', models.CharField(max_length=30)),
                ('last4', models.CharField(max_length=4)),
                ('exp_month', models.PositiveSmallIntegerField()),
                ('exp_year', models.PositiveSmallIntegerField()),
                ('is_default', models.BooleanField(default=False)),
                ('forgotten_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='methods', to='payments.providercustomer')),
            ],
        ),
        migrations.AddField(
            model_name='payment',
            name='saved_method',
            field=models.ForeignKey(blank=True, help_text='The card that is charged; empty if the customer brings one.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='payments.savedmethod'),
        ),
        migrations.AddConstraint(
            model_name='providercustomer',
            constraint=models.UniqueConstraint(fields=('user', 'provider'), name='provider_customer_once_per_user'),
        ),
        migrations.AddConstraint(
            model_name='providercustomer',
            constraint=models.UniqueConstraint(fields=('provider', 'provider_reference'), name='provider_customer_is_one_user'),
        ),
        migrations.AddConstraint(
            model_name='savedmethod',
            constraint=models.UniqueConstraint(fields=('customer', 'provider_reference'), name='saved_method_once'),
        ),
        migrations.AddConstraint(
            model_name='savedmethod',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('customer',), name='saved_method_one_default_per_customer'),
        ),
        migrations.AddConstraint(
            model_name='savedmethod',
            constraint=models.CheckConstraint(condition=models.Q(('is_default', False), ('forgotten_at', None), _connector='OR'), name='saved_method_forgotten_is_no_default'),
        ),
    ]
