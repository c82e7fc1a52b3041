"""Units whose price goes back before they were sent: nobody sends them, and others may buy them."""

import pytest
from django.db import connection

from apps.common import audit
from apps.inventory.exceptions import StockChangeRefused
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services as order_services
from apps.orders.exceptions import OrderTransitionNotAllowed, UnitsNotLeft
from apps.orders.models import Order, OrderLine
from apps.orders.tests.placing import place
from apps.payments import selectors, services
from apps.payments.exceptions import RefundRefused
from apps.payments.models import Case, OrderRefund, Refund, RefundLine
from apps.payments.tests.paying import work
from apps.payments.tests.test_order_refunds import give_back, order_for, pay, usd  # noqa: F401  # pay is a fixture
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(pay):  # noqa: F811
    """Three units at 10.00 and 2.00 for shipping, paid by transfer."""
    order = order_for((3, "10.00", "0"))
    pay(order)
    return order


def send(order, units=None):
    lines = None if units is None else {order.lines.get().public_id: units}
    return order_services.ship_order(order_id=order.pk, actor="staff:1", lines=lines)


def unsent(order, units):
    return {order.lines.get().public_id: units}


def line(order):
    found = order.lines.get()
    return found.sent_quantity, found.given_up_quantity


def shelf():
    item = StockItem.objects.get()
    return item.on_hand, item.committed


def last():
    """Of the latest decision's line: all units, those given up, those that had been sent."""
    found = RefundLine.objects.latest("pk")
    return found.quantity, found.given_up_quantity, found.sent_quantity


def is_clean():
    return list(audit.run()) == []


def test_are_given_up_when_it_is_decided_and_only_the_rest_is_sent(order):
    give_back(order, {0: 2})

    assert (last(), shelf()) == ((2, 2, 0), (100, 1))
    assert Refund.objects.get().status == "queued"
    send(order)
    assert (line(order), shelf()) == ((1, 2), (99, 0))
    assert is_clean()


def test_go_before_those_that_were_sent(order):
    send(order, 2)

    give_back(order, {0: 2})

    assert (last(), line(order)) == ((2, 1, 1), (2, 1))
    assert Order.objects.get().status == "shipped"  # nothing is left to send
    assert is_clean()


def test_wait_while_what_was_sent_comes_back_to_the_shelf(order):
    send(order, 2)

    give_back(order, {0: 2}, restock=True)

    assert (last(), shelf()) == ((2, 0, 2), (100, 1))
    send(order)
    assert is_clean()


def test_are_as_many_as_staff_say(order):
    send(order, 2)

    give_back(order, {0: 1}, unsent=unsent(order, 0))

    assert (last(), line(order), shelf()) == ((1, 0, 1), (2, 0), (98, 1))
    [left] = selectors.refundable_lines(order)
    assert (left.refundable_sent_quantity, left.refundable_unsent_quantity) == (1, 1)
    assert is_clean()


@pytest.mark.parametrize(("units", "never_sent"), [(1, 2), (2, 2), (3, 0), (1, -1)])
def test_cannot_be_more_or_fewer_than_they_are(order, units, never_sent):
    send(order, 2)

    with pytest.raises(RefundRefused, match="were not sent"):
        give_back(order, {0: units}, unsent=unsent(order, never_sent))

    assert not OrderRefund.objects.exists()


def test_do_not_come_back_to_the_shelf_that_they_never_left(order):
    with pytest.raises(StockChangeRefused):
        give_back(order, {0: 1}, restock=True)

    assert (line(order), shelf()) == ((0, 0), (100, 3))


def test_are_kept_when_only_an_amount_goes_back(order):
    give_back(order, amount=usd("20.00"))

    assert (line(order), shelf()) == ((0, 0), (100, 3))
    send(order)
    assert is_clean()


@pytest.mark.parametrize("amount", [None, usd("27.00")], ids=["unsaid", "said"])
def test_are_given_up_when_all_that_is_left_goes_back(order, amount):
    give_back(order, amount=usd("5.00"))
    send(order, 1)

    give_back(order, amount=amount)

    assert (last(), line(order), shelf()) == ((2, 2, 0), (1, 2), (99, 0))
    assert is_clean()


def test_are_not_owed_though_every_unit_went_back_and_the_shipping_did_not(order):
    give_back(order, {0: 3})

    with pytest.raises(UnitsNotLeft):
        send(order)
    order_services.cancel_order(order_id=order.pk, actor="staff:1", reason="nothing to send")
    work()

    assert sum(refund.amount for refund in Refund.objects.all()) == 32
    assert is_clean()


def test_stay_given_up_though_the_money_could_not_go_back_and_their_money_is_asked_for_once_more(buyer):
    payment = buyer.begin(place(StockItemFactory(on_hand=2), quantity=2))
    charge = buyer.approve(payment)["latest_charge"]
    services.settle_payment(payment_id=payment.pk)
    give_back(payment.order, {0: 1})
    buyer.stripe.control("POST", f"/stripe/charges/{charge}/dispute", {"reason": "fraudulent"})
    work()
    assert (Refund.objects.get().status, line(payment.order), shelf()) == ("failed", (0, 1), (2, 1))
    assert Case.objects.filter(kind="refund_failed").exists()

    give_back(payment.order, {0: 1})

    assert (last(), line(payment.order), shelf()) == ((1, 0, 0), (0, 1), (2, 1))
    send(payment.order)
    assert line(payment.order) == (1, 1)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_are_either_sent_or_given_up_however_the_clerk_and_the_refund_meet(order):
    calls = [lambda: send(order, 1), lambda: give_back(order, {0: 1})] * 4

    results = race(*calls)

    refusals(results, (UnitsNotLeft, RefundRefused, OrderTransitionNotAllowed))
    sent, given_up = line(order)
    assert sent + given_up == 3
    assert shelf() == (100 - sent, 0)
    assert is_clean()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_would_be_sent_and_given_up_if_nobody_waited(order):
    """The twin: both read what is left, and write it. If this cannot fail, the race above proves nothing."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_orderline DROP CONSTRAINT order_line_never_more_sent_than_owed")

    def take_all(counter):
        left = order.lines.get().left_quantity
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
        OrderLine.objects.filter(order=order).update(**{counter: left})

    try:
        race(lambda: take_all("sent_quantity"), lambda: take_all("given_up_quantity"))
        taken = sum(line(order))
    finally:
        OrderLine.objects.update(sent_quantity=0, given_up_quantity=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE orders_orderline ADD CONSTRAINT order_line_never_more_sent_than_owed"
                " CHECK (sent_quantity <= quantity - given_up_quantity)"
            )

    assert taken == 6
