from django.db import migrations

DROP = """
DROP TABLE IF EXISTS token_blacklist_blacklistedtoken, token_blacklist_outstandingtoken;
DELETE FROM django_migrations WHERE app = 'token_blacklist';
"""


class Migration(migrations.Migration):
    """Sessions have taken the place of the blacklist; going back, its own app would make its tables anew."""

    dependencies = [
        ("accounts", "0002_sessions"),
    ]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
    ]
