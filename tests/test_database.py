import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction

from apps.outbox.models import Delivery, OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_a_test_commits_goes_and_what_migrations_put_there_comes_back(django_db_setup):
    permissions = set(Permission.objects.values_list("pk", "codename"))
    OutboxMessage.objects.create(event_type="orders.OrderPlaced", payload={})
    Permission.objects.filter(codename__startswith="add_").delete()

    django_db_setup.restore()

    assert not OutboxMessage.objects.exists()
    assert set(Permission.objects.values_list("pk", "codename")) == permissions


def test_foreign_keys_hold_again_after_that(django_db_setup):
    django_db_setup.restore()

    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(message_id=-1, handler="notifications.nobody")
