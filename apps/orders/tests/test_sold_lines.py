"""What the people of a store see of orders: their own lines, and nothing of another's."""

import pytest

from apps.orders.models import OrderStatus
from apps.orders.tests.factories import OrderLineFactory
from apps.stores.tests.factories import StoreFactory, StoreMemberFactory
from apps.stores.tests.visiting import as_person

pytestmark = pytest.mark.django_db

SOLD = "stores/shop/order-lines/"


def sell(store=None, status=OrderStatus.CONFIRMED, **fields):
    store = store or StoreFactory()
    return OrderLineFactory(order__status=status, variant__product__store=store, **fields)


@pytest.fixture
def clerk():
    return as_person(StoreMemberFactory(role="clerk").user)


def names(answer):
    return [line["order"] for line in answer.json()["results"]]


def test_of_an_order_of_two_stores_each_sees_its_own_line(clerk):
    ours = sell()
    theirs = OrderLineFactory(order=ours.order, variant__product__store=StoreFactory(slug="other"))

    lines = clerk.get(SOLD).json()["results"]

    assert [(line["id"], line["order"]) for line in lines] == [(str(ours.public_id), ours.order.number)]
    assert str(theirs.public_id) not in str(lines)
    assert not {"email", "customer", "shipping_address"} & lines[0].keys()


def test_what_nobody_has_paid_is_no_work_yet(clerk):
    paid = sell()
    for status in (OrderStatus.CREATED, OrderStatus.PENDING, OrderStatus.EXPIRED):
        sell(status=status)

    assert names(clerk.get(SOLD)) == [paid.order.number]


def test_lines_are_found_by_what_is_left_to_do(clerk):
    waiting = sell(quantity=2, sent_quantity=1)
    shipped = sell(status=OrderStatus.SHIPPED, quantity=2, sent_quantity=2)

    assert names(clerk.get(f"{SOLD}?left_to_send=true")) == [waiting.order.number]
    assert names(clerk.get(f"{SOLD}?status=shipped")) == [shipped.order.number]


def test_another_stores_lines_are_not_found(clerk):
    sell(StoreFactory(slug="other"))

    assert clerk.get("stores/other/order-lines/").status_code == 404
    assert as_person(StoreMemberFactory(store=StoreFactory(slug="other")).user).get(SOLD).status_code == 404


def test_the_list_asks_as_many_questions_for_many_lines(clerk, django_assert_max_num_queries):
    for _ in range(5):
        sell()

    with django_assert_max_num_queries(3):
        assert len(names(clerk.get(SOLD))) == 5
