"""What is on its way while its owner is erased does not arrive, or is known to the erasure."""

import threading

import pytest
from django.db import connection, connections, transaction

from apps.accounts import services
from apps.accounts.exceptions import SessionEnded
from apps.accounts.models import Address, User
from apps.accounts.tests.factories import UserFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.factories import ADDRESS
from apps.orders.tests.placing import place
from apps.outbox import services as outbox
from apps.payments import services as payment_services
from apps.payments.models import ProviderCustomer
from apps.payments.providers import get_provider
from apps.wishlists import services as wishlists
from apps.wishlists.models import Wishlist

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ada():
    return UserFactory(email="ada@example.test")


def while_being_erased(user, call):
    """Erase the person; commit once the call, in a thread of its own, waits for that or is over. What it returned."""
    results = []

    def run():
        try:
            results.append(call())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        services.erase_person(user=user, actor="customer")
        thread.start()
        while thread.is_alive() and not somebody_waits():
            thread.join(timeout=0.02)
    thread.join(timeout=60)
    return results[0]


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
        return cursor.fetchone()[0]


def test_an_order_that_waited_is_refused(ada):
    item = StockItemFactory(on_hand=1)

    refused = while_being_erased(ada, lambda: place(item, customer_id=ada.pk, email=ada.email))

    item.refresh_from_db()
    assert (type(refused), Order.objects.exists(), item.reserved) == (SessionEnded, False, 0)


def test_without_the_trigger_it_would_know_the_person_for_ever(ada):
    item = StockItemFactory(on_hand=1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_order DISABLE TRIGGER customer_is_not_erased")
    try:
        while_being_erased(ada, lambda: place(item, customer_id=ada.pk, email=ada.email))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE orders_order ENABLE TRIGGER customer_is_not_erased")

    order, erased = Order.objects.get(), User.objects.get()
    assert (order.email, erased.erased_at is None) == ("ada@example.test", False)
    order_services.erase_customer_of(order=order, customer_id=erased.pk, email=erased.email)  # or the audit finds it


def test_an_erasure_waits_for_an_order_and_cancels_it(ada):
    item, erased = StockItemFactory(on_hand=1), []
    thread = threading.Thread(
        target=lambda: (erased.append(services.erase_person(user=ada, actor="customer")), connections.close_all())
    )
    with transaction.atomic():
        place(item, customer_id=ada.pk, email=ada.email)
        thread.start()
        while thread.is_alive() and not somebody_waits():
            thread.join(timeout=0.02)
    thread.join(timeout=60)

    order = Order.objects.get()
    assert (erased[0].counts["orders"], order.status, order.email) == (1, "cancelled", User.objects.get().email)


def test_no_address_is_written_down_behind_it(ada):
    fields = {name: ADDRESS[name] for name in ("first_name", "last_name", "address_line_1", "city", "country")}

    refused = while_being_erased(ada, lambda: services.add_address(user=ada, **fields))

    assert (type(refused), Address.objects.exists()) == (SessionEnded, False)


def test_a_wishlist_that_waited_is_not_made(ada):
    refused = while_being_erased(ada, lambda: wishlists.ensure_favourites(owner=ada))

    assert (type(refused), Wishlist.objects.exists()) == (SessionEnded, False)


def test_a_company_that_hears_of_the_person_then_is_told_to_forget(ada, stripe):
    refused = while_being_erased(ada, lambda: payment_services.begin_saving(user=ada, provider="stripe"))

    while outbox.drain():
        pass
    [customer] = ProviderCustomer.objects.all()
    assert type(refused) is SessionEnded
    assert get_provider("stripe").client.v1.customers.retrieve(customer.provider_reference).deleted
