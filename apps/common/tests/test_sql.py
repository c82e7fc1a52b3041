from decimal import Decimal

import pytest

from apps.catalog.models import ProductVariant
from apps.catalog.tests.factories import ProductVariantFactory
from apps.common import sql
from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.orders.models import Order, OrderStatusChange
from apps.orders.tests.factories import OrderFactory, OrderLineFactory
from apps.shipping.models import ShippingZone

pytestmark = pytest.mark.django_db


def test_a_row_is_saved_as_django_would_and_knows_what_the_database_filled_in():
    tenth = Decimal("0.1000")
    order = OrderFactory.build(
        shipping_address={"city": "Mérida"}, shipping_amount=tenth, total_amount=tenth, note="“%s”"
    )

    sql.insert(order)

    saved = Order.objects.get()
    assert (order.pk, order.number, order.created_at) == (saved.pk, saved.number, saved.created_at)
    assert vars(saved) | {"_state": None} == vars(order) | {"_state": None}
    assert not order._state.adding


def test_a_row_and_those_that_point_at_it_are_saved_by_one_statement(django_assert_num_queries):
    order, variants = OrderFactory.build(), ProductVariantFactory.create_batch(2)
    lines = [OrderLineFactory.build(order=order, variant=variant, store=variant.product.store) for variant in variants]
    changes = [OrderStatusChange(order=order, new=status, actor="shop") for status in ("created", "pending")]

    with django_assert_num_queries(1):
        sql.insert(order, lines, changes, [])

    assert [line.order_id for line in lines] == [order.pk] * 2
    assert [(line.public_id, line.variant) for line in order.lines.order_by("pk")] == [
        (line.public_id, line.variant) for line in lines
    ]
    assert [change.new for change in order.history.order_by("pk")] == ["created", "pending"]


def test_what_is_given_is_not_left_to_the_database():
    long_ago = database_now().replace(year=2020)
    change = OrderStatusChange(order=OrderFactory(), new="created", actor="shop", created_at=long_ago)

    sql.insert(change)

    assert OrderStatusChange.objects.get(pk=change.pk).created_at == long_ago


def test_rows_that_leave_different_columns_to_the_database_are_refused():
    order = OrderFactory.build()
    changes = [OrderStatusChange(order=order, new="created", actor="shop") for _ in range(2)]
    changes[1].created_at = database_now()

    with pytest.raises(ValueError, match="different columns"):
        sql.insert(order, changes)


def test_statements_answer_rows_one_row_or_how_many_were_written():
    for code, countries in {"here": ["VE"], "all": []}.items():
        sql.insert(ShippingZone(code=code, countries=countries))

    assert sql.fetch_all("SELECT code FROM shipping_shippingzone ORDER BY code") == [("all",), ("here",)]
    assert sql.fetch_one("SELECT countries FROM shipping_shippingzone WHERE code = %s", "here") == (["VE"],)
    assert sql.fetch_one("SELECT 1 FROM shipping_shippingzone WHERE code = %s", "there") is None
    assert sql.execute("DELETE FROM shipping_shippingzone WHERE code = %s", "all") == 1


def test_rows_are_read_as_objects_whatever_the_order_of_their_columns():
    zone = ShippingZone.objects.create(code="here", countries=["VE"])

    (read,) = sql.fetch_objects(ShippingZone, "SELECT countries, name, id, code FROM shipping_shippingzone")

    assert (read, read.code, read.countries) == (zone, "here", ["VE"])
    assert not read._state.adding


def test_rows_are_put_by_one_statement_new_ones_beside_those_that_are_written_over(django_assert_num_queries):
    old = ProductVariantFactory(sku="OLD-1", options={"Color": "Red"}, weight_grams=5)
    before = ProductVariant.objects.get()
    row = {"product_id": old.product_id, "barcode": "“2058”", "price_amount": Decimal("7.0001"), "position": 3}
    rows = [
        {"public_id": old.public_id, "sku": "NOT-THIS", "options": {"Größe": "“L”, \\ %s"}, **row},
        {"public_id": new_id(), "sku": "NEW-1", "options": {}, **row},
    ]
    rows = [{**row, "is_active": True, "weight_grams": 7, "currency": "USD", "compare_at_amount": None} for row in rows]

    with django_assert_num_queries(1):
        sql.put_rows(ProductVariant, rows, unique=["public_id"], only_new=["sku"])

    known, new = ProductVariant.objects.order_by("pk")
    assert (known.pk, known.sku, known.created_at) == (old.pk, "OLD-1", before.created_at)
    assert (known.options, known.price_amount) == ({"Größe": "“L”, \\ %s"}, Decimal("7.0001"))
    assert known.updated_at > before.updated_at
    assert (new.sku, new.barcode, new.compare_at_amount, new.position) == ("NEW-1", "“2058”", None, 3)


def test_new_keys_are_those_that_the_database_would_have_given():
    first, second = sql.new_keys(ProductVariant, 2)

    assert ProductVariantFactory().pk > second > first
