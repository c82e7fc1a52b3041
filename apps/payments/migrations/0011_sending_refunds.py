from django.db import migrations, models


class Migration(migrations.Migration):
    """Who sends a refund of a payment, until when."""

    dependencies = [
        ('payments', '0010_declines'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='refunding_until',
            field=models.DateTimeField(blank=True, help_text='A worker sends one of its refunds; if it dies, another may from then on.', null=True),
        ),
    ]
