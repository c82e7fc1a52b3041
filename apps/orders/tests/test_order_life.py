from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services
from apps.orders.exceptions import OrderTransitionNotAllowed
from apps.orders.models import NEXT_STATUSES, Order, OrderStatus
from apps.orders.tests.factories import OrderFactory
from apps.orders.tests.placing import pay_in_full, place

pytestmark = pytest.mark.django_db


def paid(item, **options):
    order = place(item, **options)
    return pay_in_full(order_id=order.pk)


@pytest.mark.parametrize("old", OrderStatus.values)
@pytest.mark.parametrize("new", OrderStatus.values)
def test_moves_only_along_the_table_and_writes_each_move_down(old, new):
    order = OrderFactory(status=old)

    if new in NEXT_STATUSES[old]:
        order.move_to(OrderStatus(new), actor="shop")
        assert [(c.old, c.new) for c in order.history.order_by("pk")][1:] == [(old, new)]
    else:
        with pytest.raises(OrderTransitionNotAllowed):
            order.move_to(OrderStatus(new), actor="shop")
        assert Order.objects.get(pk=order.pk).status == old
        assert order.history.count() == 1


def test_a_rival_who_was_faster_wins():
    order = OrderFactory()
    stale = Order.objects.get(pk=order.pk)
    order.move_to(OrderStatus.CANCELLED, actor="customer")

    with pytest.raises(OrderTransitionNotAllowed):
        stale.move_to(OrderStatus.PENDING, actor="shop")

    assert stale.status == "cancelled"


def test_shipping_takes_the_goods_and_keeps_the_tracking_number():
    item = StockItemFactory(on_hand=5)
    order = paid(item, quantity=2)

    order = services.ship_order(order_id=order.pk, actor="shop", carrier="MRW", tracking_number="M-1")

    item.refresh_from_db()
    assert (order.status, order.fulfilment_status) == ("shipped", "fulfilled")
    assert (item.on_hand, item.committed) == (3, 0)
    assert order.fulfilments.get().tracking_number == "M-1"


def test_an_unpaid_order_is_not_shipped():
    order = place(StockItemFactory())

    with pytest.raises(OrderTransitionNotAllowed):
        services.ship_order(order_id=order.pk, actor="shop")

    assert not order.fulfilments.exists()


def test_a_cancelled_order_gives_back_what_it_had_bought():
    item = StockItemFactory()
    order = paid(item)

    services.cancel_order(order_id=order.pk, actor="customer", reason="too slow")

    item.refresh_from_db()
    assert (item.reserved, item.committed) == (0, 0)


def test_a_shipped_order_is_not_cancelled():
    order = paid(StockItemFactory())
    services.ship_order(order_id=order.pk, actor="shop")

    with pytest.raises(OrderTransitionNotAllowed):
        services.cancel_order(order_id=order.pk, actor="shop")


def test_a_partial_refund_is_booked_and_the_last_one_ends_the_order():
    item = StockItemFactory()
    order = paid(item)  # 10.00 + 2.00 + 1.60

    order = services.record_refund(order_id=order.pk, amount=Money(Decimal("3.60"), "USD"))
    order.refresh_from_db()
    assert (order.status, order.payment_status) == ("confirmed", "partially_refunded")

    order = services.record_refund(order_id=order.pk, amount=Money(Decimal("10.00"), "USD"))
    item.refresh_from_db()
    assert (order.status, order.payment_status, item.committed) == ("refunded", "refunded", 0)
