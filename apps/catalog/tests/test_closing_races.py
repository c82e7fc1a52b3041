"""Staff close a store while others write its products and buy them."""

from threading import Thread
from time import monotonic, sleep

import pytest
from django.db import connection, connections, transaction

from apps.catalog import services
from apps.catalog.models import ProductDocument
from apps.catalog.tests.factories import draft_product, show
from apps.common import audit
from apps.stores.models import Store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def zaku():
    return show(draft_product("zaku", name="Zaku"))[0]


@pytest.fixture
def nobody_waits():
    """The database as it would be if whoever closes a store did not wait for those who write documents."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stores_store DISABLE TRIGGER hold_shelves")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stores_store ENABLE TRIGGER hold_shelves")


def begin(call):
    def run():
        try:
            call()
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    return thread


def wait_until(so_many, thread=None):
    """Until so many connections wait for a lock, or the thread has ended without."""
    ends_at = monotonic() + 20
    while monotonic() < ends_at and (thread is None or thread.is_alive()):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= so_many:
                return
        sleep(0.01)


def close_while_it_is_written(product):
    """The writer has seen that the store is open, and comes to write only when it is closed, or its closing waits."""
    with transaction.atomic():
        ProductDocument.objects.select_for_update().get(pk=product.pk)
        writer = begin(lambda: services.rebuild_documents(product_ids=[product.pk]))
        wait_until(1)
        staff = begin(lambda: Store.objects.update(is_active=False))
        wait_until(2, staff)
    for thread in (writer, staff):
        thread.join(timeout=20)
    services.catch_up()


def test_a_product_that_was_being_written_is_gone_when_its_store_is_closed(zaku):
    close_while_it_is_written(zaku)

    assert not ProductDocument.objects.exists()
    assert list(audit.run()) == []


def test_without_waiting_for_each_other_it_would_stay(zaku, nobody_waits):
    close_while_it_is_written(zaku)

    assert ProductDocument.objects.exists()
    assert [finding.invariant.code for finding in audit.run()] == ["C1"]
    services.rebuild_documents(product_ids=[zaku.pk])
