from datetime import timedelta

import pytest

from apps.common import audit
from apps.common.clock import database_now
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.outbox.models import OutboxMessage
from tests.racing import race

pytestmark = pytest.mark.django_db


def test_gives_the_units_back_and_says_so():
    item = StockItemFactory()
    order = place(item, minutes=-1)

    assert services.expire_due_orders() == 1

    item.refresh_from_db()
    assert item.reserved == 0
    assert Order.objects.get(pk=order.pk).status == "expired"
    assert OutboxMessage.objects.filter(event_type="orders.OrderExpired").count() == 1


@pytest.mark.parametrize("minutes", [1, None])
def test_leaves_orders_alone_whose_window_is_open_or_has_no_end(minutes):
    place(StockItemFactory(), minutes=minutes)

    assert services.expire_due_orders() == 0


def test_a_stopped_clock_does_not_expire():
    item = StockItemFactory()
    order = place(item)
    services.stop_clock(order_id=order.pk)

    order.refresh_from_db()
    assert (order.payment_due_at, services.expire_due_orders()) == (None, 0)
    item.refresh_from_db()
    assert item.reserved == 1


def test_a_clock_that_has_run_out_cannot_be_stopped_whether_or_not_the_sweeper_has_been_here():
    item = StockItemFactory()
    order = place(item, minutes=-1)
    services.stop_clock(order_id=order.pk)

    assert services.expire_due_orders() == 1
    item.refresh_from_db()
    assert item.reserved == 0


def test_a_clock_that_runs_again_has_a_new_end():
    item = StockItemFactory()
    order = place(item)
    services.stop_clock(order_id=order.pk)
    services.restart_clock(order_id=order.pk, due_at=database_now() - timedelta(seconds=1))

    assert services.expire_due_orders() == 1


def test_the_clock_of_an_order_that_is_over_is_left_alone():
    order = place(StockItemFactory())
    services.cancel_order(order_id=order.pk, actor="customer")

    services.restart_clock(order_id=order.pk, due_at=database_now() + timedelta(days=1))

    assert Order.objects.get(pk=order.pk).payment_due_at == order.payment_due_at


def test_looks_only_at_what_a_buyer_needs_when_asked_so():
    wanted, other = StockItemFactory(), StockItemFactory()
    place(wanted, minutes=-1)
    place(other, minutes=-1)

    assert services.expire_due_orders(variant_ids=[wanted.variant_id]) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_five_sweepers_expire_each_order_once():
    item = StockItemFactory(on_hand=30)
    for _ in range(20):
        place(item, minutes=-1)

    results = race(*[services.expire_due_orders] * 5)
    services.expire_due_orders()

    assert sum(results) + OutboxMessage.objects.filter(event_type="orders.OrderExpired").count() <= 40
    assert OutboxMessage.objects.filter(event_type="orders.OrderExpired").count() == 20
    item.refresh_from_db()
    assert item.reserved == 0
    assert list(audit.run()) == []
