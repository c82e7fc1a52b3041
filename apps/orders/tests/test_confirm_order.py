from uuid import uuid4

import pytest
from django.db import transaction

from apps.common import audit
from apps.inventory.exceptions import OutOfStock
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services
from apps.orders.exceptions import CartAlreadyOrdered, OrderTransitionNotAllowed
from apps.orders.models import Order
from apps.orders.tests.placing import pay_in_full, place
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


def stock(item):
    item.refresh_from_db()
    return item.reserved, item.committed


def test_turns_the_hold_into_a_commitment():
    item = StockItemFactory()
    order = place(item, quantity=2)

    order = pay_in_full(order_id=order.pk)

    assert (order.status, order.payment_status, order.is_paid_late) == ("confirmed", "paid", False)
    assert stock(item) == (0, 2)


def test_money_after_the_window_confirms_while_the_units_are_still_held():
    item = StockItemFactory()
    order = place(item, minutes=-1)

    order = pay_in_full(order_id=order.pk)

    assert (order.status, order.is_paid_late) == ("confirmed", True)
    assert stock(item) == (0, 1)


def test_money_after_expiry_takes_free_units_again():
    item = StockItemFactory()
    order = place(item, minutes=-1)
    services.expire_due_orders()

    order = pay_in_full(order_id=order.pk)

    assert (order.status, order.is_paid_late) == ("confirmed", True)
    assert stock(item) == (0, 1)
    assert list(audit.run()) == []


def test_money_after_expiry_is_refused_when_the_units_are_gone_and_the_transaction_goes_on():
    item = StockItemFactory(on_hand=1)
    order = place(item, minutes=-1)
    services.expire_due_orders()
    place(item)

    with transaction.atomic():
        with pytest.raises(OutOfStock):
            pay_in_full(order_id=order.pk)
        assert Order.objects.get(pk=order.pk).status == "expired"

    assert stock(item) == (1, 0)


def test_money_after_expiry_is_refused_when_the_cart_was_bought_again():
    item, cart = StockItemFactory(), uuid4()
    first = place(item, minutes=-1, cart_id=cart)
    services.expire_due_orders()
    place(item, cart_id=cart)

    with pytest.raises(CartAlreadyOrdered):
        pay_in_full(order_id=first.pk)

    assert stock(item) == (1, 0)


@pytest.mark.parametrize("end", ["cancelled", "confirmed"])
def test_an_order_is_paid_at_most_once_and_never_after_its_end(end):
    item = StockItemFactory()
    order = place(item)
    if end == "cancelled":
        services.cancel_order(order_id=order.pk, actor="customer")
    else:
        pay_in_full(order_id=order.pk)
    before = stock(item)

    with pytest.raises(OrderTransitionNotAllowed):
        pay_in_full(order_id=order.pk)

    assert stock(item) == before


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_payment_cancellation_and_expiry_at_once_one_wins():
    items = [StockItemFactory(on_hand=3) for _ in range(6)]
    orders = [place(item, minutes=-1) for item in items]

    for order in orders:
        race(
            lambda order=order: pay_in_full(order_id=order.pk),
            lambda order=order: services.cancel_order(order_id=order.pk, actor="customer"),
            lambda order=order: services.expire_if_due(order_id=order.pk),
        )

    assert {Order.objects.get(pk=order.pk).status for order in orders} <= {"confirmed", "cancelled", "expired"}
    assert list(audit.run()) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_confirmations_at_once_confirm_once():
    item = StockItemFactory()
    order = place(item, quantity=2)

    results = race(*[lambda: pay_in_full(order_id=order.pk)] * 10)

    assert refusals(results, OrderTransitionNotAllowed) == 9
    assert stock(item) == (0, 2)
