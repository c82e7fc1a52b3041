"""Parcels: all that is left or some of it, never more than is owed, and units that nobody is owed any more."""

from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.common import audit
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services
from apps.orders.exceptions import OrderLineNotFound, OrderPartlySent, OrderTransitionNotAllowed, UnitsNotLeft
from apps.orders.models import Fulfilment, FulfilmentLine, Order, OrderLine
from apps.orders.tests.placing import pay_in_full, place
from apps.outbox.models import OutboxMessage
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    """Three units of one thing and three of another, paid."""
    order = place(StockItemFactory(on_hand=9), StockItemFactory(on_hand=9), quantity=3)
    return pay_in_full(order_id=order.pk)


def send(order, **units):
    """Send so many units of each line, named "a" and "b"; all that is left without."""
    named = dict(zip("ab", order.lines.order_by("pk"), strict=False))
    lines = {named[name].public_id: quantity for name, quantity in units.items()}
    return services.ship_order(order_id=order.pk, actor="staff:1", lines=lines or None)


def give_up(order, **units):
    named = dict(zip("ab", order.lines.order_by("pk"), strict=False))
    given_up = {named[name].public_id: quantity for name, quantity in units.items()}
    services.give_up_units(order_id=order.pk, units=given_up, actor="staff:1")


def state(order):
    order = Order.objects.get(pk=order.pk)
    return order.status, order.fulfilment_status


def counts(order):
    return list(order.lines.order_by("pk").values_list("sent_quantity", "given_up_quantity"))


def shelf():
    return list(StockItem.objects.order_by("pk").values_list("on_hand", "committed"))


def offences():
    """What the audit finds, but for refunds: nobody refunds here, so what is given up has none."""
    return {finding.invariant.code for finding in audit.run()} - {"S3e", "M2c", "M6c"}


def test_an_order_is_processing_until_the_last_of_it_has_left(order):
    send(order, a=2)
    assert state(order) == ("processing", "partially_fulfilled")
    assert shelf() == [(7, 1), (9, 3)]

    send(order, a=1, b=1)
    assert state(order) == ("processing", "partially_fulfilled")

    send(order)
    assert state(order) == ("shipped", "fulfilled")
    assert shelf() == [(6, 0), (6, 0)]
    parcels = Fulfilment.objects.order_by("pk")
    assert [list(one.lines.order_by("pk").values_list("quantity", flat=True)) for one in parcels] == [[2], [1, 1], [2]]
    assert OutboxMessage.objects.filter(event_type="orders.OrderShipped").count() == 3
    assert [change.new for change in order.history.order_by("pk")][-2:] == ["processing", "shipped"]
    assert offences() == set()


@pytest.mark.parametrize(("units", "left"), [({"a": 4}, 3), ({"a": 0}, 3), ({"a": -1}, 3), ({"b": 1, "a": 4}, 3)])
def test_no_more_is_sent_than_is_left(order, units, left):
    with pytest.raises(UnitsNotLeft, match=f"{left} units are left"):
        send(order, **units)

    assert shelf() == [(9, 3), (9, 3)]
    assert not Fulfilment.objects.exists()


def test_another_orders_line_is_not_found(order):
    for stranger in (uuid4(), place(StockItemFactory()).lines.get().public_id):
        with pytest.raises(OrderLineNotFound):
            services.ship_order(order_id=order.pk, actor="staff:1", lines={stranger: 1})


def test_what_was_given_up_is_not_sent_and_free_for_others(order):
    give_up(order, a=2)
    assert shelf() == [(9, 1), (9, 3)]

    send(order)

    assert state(order) == ("shipped", "fulfilled")
    assert counts(order) == [(1, 2), (3, 0)]
    assert shelf() == [(8, 0), (6, 0)]
    assert offences() == set()


def test_an_order_whose_every_unit_was_given_up_has_nothing_to_send(order):
    give_up(order, a=3, b=3)

    with pytest.raises(UnitsNotLeft, match="Nothing"):
        send(order)

    assert state(order) == ("confirmed", "unfulfilled")
    assert shelf() == [(9, 0), (9, 0)]
    assert offences() == set()


def test_giving_up_the_rest_of_what_was_begun_ships_the_order(order):
    send(order, a=3, b=1)

    give_up(order, b=2)

    assert state(order) == ("shipped", "fulfilled")
    assert order.history.latest("pk").reason == "The rest is refunded"
    assert offences() == set()


def test_no_more_is_given_up_than_is_left(order):
    send(order, a=2)

    with pytest.raises(UnitsNotLeft):
        give_up(order, a=2)

    assert counts(order) == [(2, 0), (0, 0)]


def test_an_order_of_which_a_part_was_sent_is_not_cancelled(order):
    send(order, a=1)

    with pytest.raises(OrderPartlySent):
        services.cancel_order(order_id=order.pk, actor="staff:1")

    assert state(order) == ("processing", "partially_fulfilled")


def test_an_order_that_was_sent_whole_is_not_sent_again(order):
    send(order)

    with pytest.raises(OrderTransitionNotAllowed):
        send(order)


def test_the_database_refuses_more_than_is_owed(order):
    line = order.lines.first()

    with pytest.raises(Exception, match="order_line_never_more_sent_than_owed"), transaction.atomic():
        OrderLine.objects.filter(pk=line.pk).update(sent_quantity=2, given_up_quantity=2)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_clerks_who_send_the_same_units_at_once_send_them_once():
    order = pay_in_full(order_id=place(StockItemFactory(on_hand=9), quantity=3).pk)

    results = race(*[lambda: send(order, a=2)] * 6)

    assert refusals(results, UnitsNotLeft) == 5
    assert (counts(order), shelf()) == ([(2, 0)], [(7, 1)])
    assert offences() == set()


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_they_would_send_them_again_and_again():
    """The twin: they look, pack and write, and nobody waits. If this cannot fail, the race above proves nothing."""
    order = pay_in_full(order_id=place(StockItemFactory(on_hand=9), quantity=3).pk)

    def send_without_the_lock():
        line = order.lines.get()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
        if line.left_quantity >= 2:
            parcel = Fulfilment.objects.create(order=order, actor="twin")
            FulfilmentLine.objects.create(fulfilment=parcel, line=line, quantity=2)
            OrderLine.objects.filter(pk=line.pk).update(sent_quantity=line.sent_quantity + 2)

    race(*[send_without_the_lock] * 6)

    assert Fulfilment.objects.count() > 1
    assert "S3c" in offences()
