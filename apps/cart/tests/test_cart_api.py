import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.cart import services
from apps.cart.models import Cart, CartItem
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.tests.placing import place
from tests.racing import race

pytestmark = pytest.mark.django_db

URL = "/api/v1/cart/"


class Visitor:
    def __init__(self, user=None, token=None):
        self.client, self.token = APIClient(), token
        if user is not None:
            self.client.force_authenticate(user)

    def send(self, method, path="", body=None):
        headers = {"X-Cart-Token": self.token} if self.token else {}
        response = getattr(self.client, method)(URL + path, body, format="json", headers=headers)
        self.token = response.headers.get("X-Cart-Token", self.token)
        return response

    def add(self, item, quantity=1):
        return self.send("post", "items/", {"variant_id": str(item.variant.public_id), "quantity": quantity})


def money(amount):
    return {"amount": amount, "currency": "USD"}


def ada():
    return User.objects.create_user("ada@example.test", "a-long-password")


def test_a_cart_that_was_never_used_is_empty_and_makes_nothing():
    body = Visitor().send("get").json()

    assert (body["id"], body["items"], body["subtotal"]) == (None, [], money("0.00"))
    assert not Cart.objects.exists()


def test_a_guests_first_item_makes_a_cart_and_tells_its_token_once():
    guest, item = Visitor(), StockItemFactory()

    first, second = guest.add(item, 2), guest.add(item)

    assert first.status_code == 201
    assert first.json()["token"] == guest.token
    assert "token" not in second.json()
    assert (second.json()["item_count"], second.json()["subtotal"], second.json()["version"]) == (3, money("30.00"), 2)
    assert guest.token not in {cart.token_hash for cart in Cart.objects.all()}


def test_an_unknown_token_is_no_cart_and_gets_a_new_one():
    stranger = Visitor(token="guessed")

    assert stranger.send("get").json()["id"] is None
    assert stranger.add(StockItemFactory()).json()["token"] != "guessed"


def test_nobody_reaches_another_persons_items():
    guest, item = Visitor(), StockItemFactory()
    row = guest.add(item).json()["items"][0]["id"]
    thief = Visitor()
    thief.add(item)

    assert thief.send("patch", f"items/{row}/", {"quantity": 5}).status_code == 404
    assert thief.send("delete", f"items/{row}/").json()["code"] == "cart-item-not-found"
    assert CartItem.objects.get(public_id=row).quantity == 1


def test_quantities_change_and_items_go():
    guest, item = Visitor(), StockItemFactory()
    row = guest.add(item).json()["items"][0]["id"]

    assert guest.send("patch", f"items/{row}/", {"quantity": 4}).json()["item_count"] == 4
    assert guest.send("delete", f"items/{row}/").json()["items"] == []


def test_a_cart_is_emptied_at_once():
    guest = Visitor()
    guest.add(StockItemFactory())

    assert guest.send("delete").status_code == 204
    assert guest.send("get").json()["items"] == []


def test_prices_and_stock_are_read_again_every_time():
    guest, item = Visitor(), StockItemFactory(on_hand=3)
    guest.add(item, 3)
    item.variant.price_amount = 12
    item.variant.save()
    place(item)

    row = guest.send("get").json()["items"][0]

    assert (row["unit_price"], row["total"], row["available"]) == (money("12.00"), money("36.00"), 2)
    assert row["changes"] == [
        {"code": "price_changed", "was": money("10.00"), "now": money("12.00")},
        {"code": "stock_changed", "was": 3, "now": 2},
    ]


def test_what_is_no_longer_sold_stays_visible_as_unavailable():
    guest, item = Visitor(), StockItemFactory()
    guest.add(item)
    product = item.variant.product
    product.status = "archived"
    product.save()

    assert guest.send("get").json()["items"][0]["changes"] == [{"code": "unavailable", "was": 1, "now": 0}]


def test_more_than_there_is_is_refused_and_leaves_nothing():
    guest, item = Visitor(), StockItemFactory(on_hand=2)

    response = guest.add(item, 3)

    assert (response.status_code, response.json()["code"]) == (409, "out-of-stock")
    assert response.json()["shortages"] == [{"sku": item.variant.sku, "requested": 3, "available": 2}]
    assert not Cart.objects.exists()


def test_units_whose_hold_is_over_may_be_put_in():
    item = StockItemFactory(on_hand=2)
    place(item, quantity=2, minutes=-1)

    assert Visitor().add(item, 2).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"variant_id": "x"},
        {"variant_id": None, "quantity": 1},
        {"variant_id": "0199b2c4-7a53-7c51-9d6a-7b1f0a2c9e11", "quantity": 0},
        {"variant_id": "0199b2c4-7a53-7c51-9d6a-7b1f0a2c9e11", "quantity": 10**30},
        {"variant_id": "0199b2c4-7a53-7c51-9d6a-7b1f0a2c9e11", "quantity": "two"},
        {"variant_id": "\x00"},
        [],
        "text",
    ],
)
def test_bad_input_is_a_400_and_leaves_nothing(body):
    response = Visitor().send("post", "items/", body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid-input")
    assert not Cart.objects.exists()


def test_a_variant_that_nobody_sells_is_not_found():
    item = StockItemFactory(variant__is_active=False)

    response = Visitor().add(item)

    assert (response.status_code, response.json()["code"]) == (404, "variant-not-found")
    assert not Cart.objects.exists()


def test_a_converted_cart_is_not_changed_any_more():
    guest, item = Visitor(), StockItemFactory()
    guest.add(item)
    cart = Cart.objects.get()
    services.mark_converted(cart=cart)

    with pytest.raises(services.CartNotActive):
        services.empty(cart=cart)
    assert guest.send("get").json()["items"] == []


@pytest.mark.django_db(transaction=True)
def test_adding_and_reading_cost_few_queries(django_assert_max_num_queries):
    guest, items = Visitor(), [StockItemFactory() for _ in range(5)]
    with django_assert_max_num_queries(6):  # four, and the transaction's begin and end
        guest.add(items[0])
    for item in items[1:]:
        guest.add(item)

    with django_assert_max_num_queries(6):  # four, and the transaction's begin and end
        guest.add(items[0])
    with django_assert_max_num_queries(3):
        guest.send("get")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_tabs_that_add_at_once_add_up():
    user, item = ada(), StockItemFactory(on_hand=100)

    race(*[lambda: Visitor(user).add(item)] * 12)

    assert CartItem.objects.get().quantity == 12
    assert Cart.objects.get().version == 12
