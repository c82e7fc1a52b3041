from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser

from apps.accounts.tests.factories import UserFactory
from apps.cart import services
from apps.cart.exceptions import QuantityOutOfRange
from apps.cart.models import Cart, CartItem
from apps.cart.tests.factories import CartFactory, CartItemFactory
from apps.cart.tests.visitor import Visitor, money
from apps.inventory.tests.factories import StockItemFactory
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return StockItemFactory(on_hand=5)


@pytest.fixture
def guest(item):
    guest = Visitor()
    guest.add(item, 2)
    return guest


def row():
    return CartItem.objects.get()


def test_sets_the_quantity(guest):
    response = guest.send("patch", f"items/{row().public_id}/", {"quantity": 4})

    assert response.status_code == 200
    assert (response.json()["item_count"], response.json()["subtotal"]) == (4, money("40.00"))
    assert response.json()["version"] == 2
    assert row().quantity == 4


def test_a_change_takes_todays_price_as_seen(guest, item):
    item.variant.price_amount = 12
    item.variant.save()

    assert guest.cart()["changes"] != []
    assert guest.send("patch", f"items/{row().public_id}/", {"quantity": 2}).json()["changes"] == []


@pytest.mark.parametrize(
    ("quantity", "status", "code"),
    [(6, 409, "out-of-stock"), (0, 400, "invalid-input"), (1000, 400, "invalid-input"), ("x", 400, "invalid-input")],
)
def test_refuses_an_impossible_quantity_and_changes_nothing(guest, quantity, status, code):
    before = guest.cart()

    response = guest.send("patch", f"items/{row().public_id}/", {"quantity": quantity})

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert guest.cart() == before


def test_the_service_too_refuses_none_of_it(guest):
    with pytest.raises(QuantityOutOfRange):
        services.change_quantity(user=UserFactory(), item_public_id=row().public_id, quantity=0)


def test_refuses_more_of_what_is_no_longer_sold(guest, item):
    item.variant.is_active = False
    item.variant.save()

    response = guest.send("patch", f"items/{row().public_id}/", {"quantity": 3})

    assert response.json()["code"] == "variant-not-found"
    assert row().quantity == 2


def test_takes_an_item_out(guest):
    response = guest.send("delete", f"items/{row().public_id}/")

    assert response.status_code == 200
    assert (response.json()["items"], response.json()["version"]) == ([], 2)


def test_empties_the_cart_and_keeps_it(guest):
    before = guest.cart()

    assert guest.send("delete").status_code == 204
    after = guest.cart()
    assert (after["id"], after["items"], after["version"]) == (before["id"], [], 2)


def test_emptying_what_was_never_filled_makes_nothing():
    assert Visitor().send("delete").status_code == 204
    assert not Cart.objects.exists()


@pytest.mark.parametrize("method", ["patch", "delete"])
@pytest.mark.parametrize("who", ["a stranger", "another guest", "another person"])
def test_nobody_reaches_another_ones_items(guest, method, who):
    thief = {
        "a stranger": Visitor(),
        "another guest": Visitor(token="other"),
        "another person": Visitor(UserFactory(), token=guest.token),
    }[who]
    CartFactory(token="other")

    response = thief.send(method, f"items/{row().public_id}/", {"quantity": 5})

    assert (response.status_code, response.json()["code"]) == (404, "cart-item-not-found")
    assert row().quantity == 2


@pytest.mark.parametrize("name", [uuid4(), "1", "x", "\x00", "%00"])
def test_an_item_that_is_not_there_is_not_found(guest, name):
    assert guest.send("delete", f"items/{name}/").status_code == 404


def test_a_cart_that_became_an_order_is_not_changed_any_more(guest):
    item_id = row().public_id
    services.convert(user=AnonymousUser(), token=guest.token)

    assert guest.send("patch", f"items/{item_id}/", {"quantity": 1}).status_code == 404
    assert guest.send("delete", f"items/{item_id}/").status_code == 404
    guest.send("delete")
    assert row().quantity == 2


@pytest.mark.django_db(transaction=True)
def test_changing_costs_few_queries(django_assert_max_num_queries):
    guest, items = Visitor(), StockItemFactory.create_batch(4)
    rows = [guest.add(item).json()["items"][-1]["id"] for item in items]

    with django_assert_max_num_queries(5):
        guest.send("patch", f"items/{rows[0]}/", {"quantity": 2})
    with django_assert_max_num_queries(5):
        guest.send("delete", f"items/{rows[1]}/")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_every_change_counts_one_version():
    user = UserFactory()
    first, second = (CartItemFactory(cart=cart) for cart in [CartFactory(user=user)] * 2)
    StockItemFactory(variant=first.variant)
    StockItemFactory(variant=second.variant)

    def change(quantity):
        return lambda: services.change_quantity(user=user, item_public_id=first.public_id, quantity=quantity)

    race(*[change(n) for n in range(1, 9)], lambda: services.remove_item(user=user, item_public_id=second.public_id))

    assert Cart.objects.get().version == 9
    assert CartItem.objects.get() == first
