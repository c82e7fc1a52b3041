import pytest

from apps.accounts.models import User
from apps.cart import selectors, services
from apps.cart.models import Cart, CartStatus
from apps.inventory.tests.factories import StockItemFactory
from tests.racing import race

pytestmark = pytest.mark.django_db


class Guest:
    is_authenticated = False


def guest_with(*items, quantity=1):
    token = ""
    for item in items:
        filled = services.add_item(
            user=Guest(), token=token, variant_public_id=item.variant.public_id, quantity=quantity
        )
        token = filled.new_token or token
    return token


def person_with(*items, quantity=1):
    user = User.objects.create_user("ada@example.test", "a-long-password")
    for item in items:
        services.add_item(user=user, variant_public_id=item.variant.public_id, quantity=quantity)
    return user


def held(user):
    cart = selectors.find_cart(user=user)
    return {line.variant.sku: line.quantity for line in selectors.priced_lines(cart)}


def test_quantities_add_up():
    shared, mine, guests = StockItemFactory(), StockItemFactory(), StockItemFactory()
    user, token = person_with(shared, mine), guest_with(shared, guests, quantity=2)

    services.merge_guest_cart(user=user, token=token)

    assert held(user) == {shared.variant.sku: 3, mine.variant.sku: 1, guests.variant.sku: 2}
    assert selectors.find_cart(user=Guest(), token=token) is None


def test_no_more_than_there_is():
    item = StockItemFactory(on_hand=4)
    user, token = person_with(item, quantity=3), guest_with(item, quantity=3)

    services.merge_guest_cart(user=user, token=token)

    assert held(user) == {item.variant.sku: 4}


@pytest.mark.parametrize("token", ["", "guessed", "\x00"])
def test_a_token_that_opens_nothing_changes_nothing(token):
    user = person_with(StockItemFactory())

    services.merge_guest_cart(user=user, token=token)

    assert Cart.objects.count() == 1


def test_a_cart_comes_back_when_its_order_expired():
    token = guest_with(StockItemFactory())
    cart = Cart.objects.get()
    services.mark_converted(cart=cart)

    services.reopen(cart_public_id=cart.public_id)
    services.reopen(cart_public_id=cart.public_id)

    assert selectors.find_cart(user=Guest(), token=token) == cart


def test_a_cart_that_comes_back_is_poured_into_the_newer_one():
    old, new = StockItemFactory(), StockItemFactory()
    user = person_with(old)
    first = Cart.objects.get()
    services.mark_converted(cart=first)
    services.add_item(user=user, variant_public_id=new.variant.public_id, quantity=1)

    services.reopen(cart_public_id=first.public_id)

    assert held(user) == {old.variant.sku: 1, new.variant.sku: 1}
    assert Cart.objects.get(pk=first.pk).status == CartStatus.MERGED


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_logins_at_once_pour_once():
    item = StockItemFactory(on_hand=100)
    user, token = person_with(), guest_with(item, quantity=3)

    results = race(*[lambda: services.merge_guest_cart(user=user, token=token)] * 10)

    assert results == [None] * 10
    assert held(user) == {item.variant.sku: 3}
