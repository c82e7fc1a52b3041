from django.db import migrations
from django.db.models import F


def verify_those_who_are_here(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    User.objects.filter(is_active=True, email_verified_at=None).update(email_verified_at=F("created_at"))


class Migration(migrations.Migration):
    """Whoever could log in before addresses were verified can log in afterwards, too."""

    dependencies = [
        ("accounts", "0005_verification"),
    ]

    operations = [
        migrations.RunPython(verify_those_who_are_here, migrations.RunPython.noop),
    ]
