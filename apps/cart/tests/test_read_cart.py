from datetime import timedelta
from decimal import Decimal

import pytest
from rest_framework.serializers import BaseSerializer, ListSerializer

from apps.accounts.tests.factories import UserFactory
from apps.cart import selectors
from apps.cart.api.serializers import CartSerializer
from apps.cart.models import Cart
from apps.cart.tests.factories import CartFactory, CartItemFactory
from apps.cart.tests.visitor import Visitor, money
from apps.catalog import services as catalog_services
from apps.catalog.tests.clock import clock_goes_on
from apps.common.clock import database_now
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.tests.placing import place
from apps.shipping.tests.factories import TaxRateFactory

pytestmark = pytest.mark.django_db

IMAGE = {"url": "/media/products/rx.webp", "alt": "The box", "width": 800, "height": 600}


def test_a_cart_that_was_never_used_is_empty_and_reading_makes_none():
    assert Visitor().cart() == {
        "id": None,
        "version": 0,
        "currency": "USD",
        "items": [],
        "item_count": 0,
        "subtotal": money("0.00"),
        "changes": [],
    }
    assert not Cart.objects.exists()


def test_a_price_that_changed_since_is_shown_as_a_change_until_the_shopper_acts():
    guest, item = Visitor(), StockItemFactory()
    guest.add(item, 3)
    item.variant.price_amount = Decimal("12.50")
    item.variant.save()

    for _ in range(2):
        body = guest.cart()
        (line,) = body["items"]

        assert (line["unit_price"], line["line_total"]) == (money("12.50"), money("37.50"))
        assert body["subtotal"] == money("37.50")
        assert line["changes"] == body["changes"]
        assert body["changes"] == [
            {"code": "price_changed", "item": line["id"], "was": money("10.00"), "now": money("12.50")}
        ]


def test_an_offer_is_charged_until_the_very_moment_it_ends_and_then_told_as_a_change():
    """Nobody but the shopper looks: no beat, no worker, no reader of the catalogue."""
    guest, item = Visitor(), StockItemFactory()
    ends_at = database_now() + timedelta(minutes=30)
    catalog_services.make_offers(variant_ids=[item.variant_id], price_amount=Decimal("7.00"), ends_at=ends_at)
    (line,) = guest.add(item, 2).json()["items"]
    assert (line["unit_price"], line["line_total"], line["changes"]) == (money("7.00"), money("14.00"), [])

    clock_goes_on(minutes=31)

    assert guest.cart()["subtotal"] == money("20.00")
    assert guest.cart()["changes"] == [
        {"code": "price_changed", "item": line["id"], "was": money("7.00"), "now": money("10.00")}
    ]
    assert guest.send("patch", f"items/{line['id']}/", {"quantity": 2}).json()["changes"] == []


def test_an_offer_that_begins_is_taken_as_seen_when_the_shopper_acts():
    guest, item = Visitor(), StockItemFactory()
    starts_at = database_now() + timedelta(minutes=30)
    catalog_services.make_offers(variant_ids=[item.variant_id], price_amount=Decimal("7.00"), starts_at=starts_at)
    guest.add(item)
    clock_goes_on(minutes=31)
    (line,) = guest.cart()["items"]
    assert (line["unit_price"], len(line["changes"])) == (money("7.00"), 1)

    changed = guest.send("patch", f"items/{line['id']}/", {"quantity": 3}).json()

    assert (changed["subtotal"], changed["changes"]) == (money("21.00"), [])


def test_stock_that_went_since_is_shown_as_a_change():
    guest, item = Visitor(), StockItemFactory(on_hand=3)
    guest.add(item, 3)
    place(item)

    (line,) = guest.cart()["items"]

    assert (line["quantity"], line["available"]) == (3, 2)
    assert line["changes"] == [{"code": "stock_changed", "item": line["id"], "was": 3, "now": 2}]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("variant", {"is_active": False}),
        ("variant", {"currency": "EUR"}),
        ("product", {"status": "archived"}),
        ("product", {"deleted_at": "2026-01-01T00:00Z"}),
        ("product", {"publish_until": "2026-01-01T00:00Z"}),
    ],
)
def test_what_is_no_longer_sold_stays_in_sight_but_is_not_counted(table, change):
    guest, gone, sold = Visitor(), StockItemFactory(), StockItemFactory()
    guest.add(gone, 2)
    guest.add(sold)
    row = gone.variant if table == "variant" else gone.variant.product
    type(row).objects.filter(pk=row.pk).update(**change)

    body = guest.cart()

    line = body["items"][0]
    assert (line["quantity"], line["available"]) == (2, 0)
    assert body["changes"] == [{"code": "unavailable", "item": line["id"], "was": 2, "now": 0}]
    assert body["subtotal"] == money("10.00")


def test_a_product_is_shown_with_the_picture_that_lists_show():
    row = CartItemFactory(cart__token="mine")
    document = row.variant.product.document
    document.card["image"] = IMAGE
    document.save()

    assert Visitor(token="mine").cart()["items"][0]["product"]["image"] == IMAGE


def test_a_line_is_taxed_as_its_class_is_in_the_country_that_is_named():
    cart = CartItemFactory().cart
    TaxRateFactory(), TaxRateFactory(code="books", tax_class="books", percent=5)

    percents = [selectors.priced_lines(cart, country=country)[0].tax_percent for country in ("VE", "NG", "")]

    assert percents == [16, 0, 0]


def test_a_persons_cart_needs_no_token_and_is_nobody_elses():
    row = CartItemFactory(cart=CartFactory(user=UserFactory()))

    assert Visitor(row.cart.user).cart()["item_count"] == 1
    assert Visitor(UserFactory()).cart()["item_count"] == 0
    assert Visitor().cart()["item_count"] == 0


def test_the_answer_has_the_shape_that_the_schema_promises():
    guest, item = Visitor(), StockItemFactory(on_hand=2)
    body = guest.add(item, 2).json()
    place(item)
    item.variant.price_amount = 12
    item.variant.save()

    assert_shaped(CartSerializer(), body)
    assert_shaped(CartSerializer(), {"token": "", **guest.cart()})


def assert_shaped(serializer, value):
    if isinstance(serializer, ListSerializer):
        assert isinstance(value, list)
        for item in value:
            assert_shaped(serializer.child, item)
    elif isinstance(serializer, BaseSerializer) and value is not None:
        assert set(value) == set(serializer.fields)
        for name, field in serializer.fields.items():
            assert_shaped(field, value[name])
