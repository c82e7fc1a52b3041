import apps.common.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """Decisions about a whole order; the lines of a refund move to them. No refund has had lines so far."""

    dependencies = [
        ('orders', '0006_paid_within_total'),
        ('payments', '0008_the_version_that_was_expected'),
    ]

    operations = [
        migrations.CreateModel(
            name='OrderRefund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('public_id', models.UUIDField(default=apps.common.ids.new_id, editable=False, unique=True)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=19)),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(max_length=200)),
                ('actor', models.CharField(max_length=40)),
                ('is_restocked', models.BooleanField(default=False, help_text='Its units went back on the shelf.')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='order_refunds', to='orders.order')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='order_refund_amount_positive')],
            },
        ),
        migrations.AddField(
            model_name='refund',
            name='order_refund',
            field=models.ForeignKey(blank=True, help_text='The decision about its order that it is a part of; empty if it is about its payment alone.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='payments.orderrefund'),
        ),
        migrations.DeleteModel(
            name='RefundLine',
        ),
        migrations.CreateModel(
            name='RefundLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('quantity', models.PositiveIntegerField()),
                ('amount', models.DecimalField(decimal_places=4, max_digits=19)),
                ('order_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refund_lines', to='orders.orderline')),
                ('order_refund', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='payments.orderrefund')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('order_refund', 'order_line'), name='refund_line_once'), models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('quantity__gt', 0)), name='refund_line_sane')],
            },
        ),
    ]
