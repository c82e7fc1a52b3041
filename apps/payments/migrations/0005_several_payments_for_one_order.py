from django.db import migrations, models


class Migration(migrations.Migration):
    """What counts of a payment is an amount, and more than one may count."""

    dependencies = [
        ('payments', '0004_fill_parts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_one_pays_the_order',
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_pays_only_when_succeeded',
        ),
        migrations.RemoveField(
            model_name='payment',
            name='pays_order',
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('capture_reference', ''), _negated=True), fields=['provider', 'capture_reference'], name='payment_by_capture'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('counted_amount', 0), models.Q(('counted_amount__gt', 0), ('status', 'succeeded')), _connector='OR'), name='payment_counts_only_when_succeeded'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['created', 'pending', 'processing'])), fields=('order', 'provider'), name='payment_one_live_per_order_and_provider'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('order_amount__gt', 0)), name='payment_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('order_amount__gte', 0)), name='refund_amount_positive'),
        ),
    ]
