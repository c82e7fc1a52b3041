from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models.functions import Now
from rest_framework.test import APIClient

from apps.accounts import services as account_services
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.cart import selectors, services
from apps.cart.exceptions import CartNotActive
from apps.cart.models import Cart, CartItem, CartStatus
from apps.cart.tests.factories import CartFactory, CartItemFactory
from apps.catalog.models import ProductVariant
from apps.inventory.tests.factories import StockItemFactory
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db

GUEST = AnonymousUser()


@pytest.fixture
def user():
    return UserFactory(email="ada@example.test")


@pytest.fixture
def mine(user):
    return CartFactory(user=user)


@pytest.fixture
def guests():
    return CartFactory(token="guests")


def put(cart, item, quantity=1):
    return CartItemFactory(cart=cart, variant=item.variant, quantity=quantity)


def held(user):
    cart = selectors.find_cart(user=user)
    return {line.sku: line.quantity for line in selectors.priced_lines(cart)}


def test_quantities_add_up(user, mine, guests):
    shared, own, other = StockItemFactory.create_batch(3)
    put(mine, shared), put(mine, own)
    put(guests, shared, 2), put(guests, other, 2)

    services.merge_guest_cart(user=user, token="guests")

    assert held(user) == {shared.variant.sku: 3, own.variant.sku: 1, other.variant.sku: 2}
    guests.refresh_from_db()
    mine.refresh_from_db()
    assert (guests.status, mine.version) == (CartStatus.MERGED, 1)
    assert selectors.find_cart(user=GUEST, token="guests") is None


def test_a_person_without_a_cart_gets_one(user, guests):
    item = StockItemFactory()
    put(guests, item, 2)

    services.merge_guest_cart(user=user, token="guests")

    assert held(user) == {item.variant.sku: 2}


@pytest.mark.parametrize(
    ("on_hand", "own", "other", "expected"),
    [
        (4, 3, 3, 4),  # no more than there is
        (0, 0, 3, 1),  # sold out: one stays in sight
        (2, 5, 1, 5),  # what was there already never becomes less
        (5000, 600, 600, 999),
    ],
)
def test_the_sum_ends_at_what_is_left(user, mine, guests, on_hand, own, other, expected):
    item = StockItemFactory(on_hand=on_hand)
    if own:
        put(mine, item, own)
    put(guests, item, other)

    services.merge_guest_cart(user=user, token="guests")

    assert held(user) == {item.variant.sku: expected}


def test_a_price_that_changed_before_the_login_is_still_told_after_it(user, guests):
    item = StockItemFactory()
    put(guests, item)
    item.variant.price_amount = 12
    item.variant.save()

    services.merge_guest_cart(user=user, token="guests")

    (line,) = selectors.priced_lines(Cart.objects.get(user=user))
    assert [change.code for change in line.changes] == ["price_changed"]


@pytest.mark.parametrize("token", ["", "guessed", "\x00"])
def test_a_token_that_opens_nothing_changes_nothing(user, mine, token):
    services.merge_guest_cart(user=user, token=token)

    assert Cart.objects.get() == mine


def test_another_persons_cart_is_never_merged(user):
    theirs = CartItemFactory(cart__user=UserFactory(), cart__token_hash=selectors.hash_token("stolen")).cart

    services.merge_guest_cart(user=user, token="stolen")

    assert Cart.objects.get() == theirs


@pytest.mark.parametrize("path", ["login", "verify-email"])
def test_login_and_verification_bring_the_guests_cart_along(user, guests, path):
    item = StockItemFactory()
    put(guests, item, 2)
    new = UserFactory(is_active=False)
    link = account_services.issue_verification(user=new, request_key="mail")
    body = {"login": {"email": "ada@example.test", "password": PASSWORD}, "verify-email": {"token": link}}[path]

    response = APIClient().post(f"/api/v1/auth/{path}/", body, format="json", headers={"X-Cart-Token": "guests"})

    headers = {"Authorization": f"Bearer {response.json()['access']}"}
    assert APIClient().get("/api/v1/cart/", headers=headers).json()["item_count"] == 2


def vanish(cart):
    cart.delete()


def become_an_order(cart):
    services.convert(user=GUEST, token="guests")


def no_longer_be_sold(cart):
    ProductVariant.objects.filter(pk__in=cart.items.values("variant")).update(is_active=False)


@pytest.mark.parametrize("happen", [vanish, become_an_order, no_longer_be_sold])
def test_nothing_that_has_happened_to_the_guests_cart_keeps_a_person_out(user, guests, happen):
    put(guests, StockItemFactory())
    happen(guests)

    response = log_in_with("guests")

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh", "user"}


def test_a_cart_that_cannot_be_merged_now_stays_the_guests(user, guests, caplog):
    put(guests, StockItemFactory())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is still to be checked forbids altering a table
        cursor.execute("ALTER TABLE cart_cart ADD CONSTRAINT no_merging CHECK (status <> 'merged')")

    response = log_in_with("guests")

    assert response.status_code == 200
    assert Cart.objects.get() == selectors.find_cart(user=GUEST, token="guests")
    assert "merge_the_guests_cart" in caplog.text


def log_in_with(cart_token):
    body = {"email": "ada@example.test", "password": PASSWORD}
    return APIClient().post("/api/v1/auth/login/", body, format="json", headers={"X-Cart-Token": cart_token})


def test_a_wrong_password_leaves_the_guests_cart_alone(user, guests):
    put(guests, StockItemFactory())
    body = {"email": "ada@example.test", "password": "not-the-password"}

    APIClient().post("/api/v1/auth/login/", body, format="json", headers={"X-Cart-Token": "guests"})

    assert Cart.objects.get() == selectors.find_cart(user=GUEST, token="guests")


def test_merging_costs_the_same_however_full_the_carts_are(user, mine, guests, django_assert_max_num_queries):
    for item in StockItemFactory.create_batch(6):
        put(guests, item)

    with django_assert_max_num_queries(9):
        services.merge_guest_cart(user=user, token="guests")


def test_an_order_takes_the_cart_once(guests):
    services.convert(user=GUEST, token="guests")

    with pytest.raises(CartNotActive):
        services.convert(user=GUEST, token="guests")


def test_a_guests_cart_comes_back_under_its_token_when_its_order_expired(guests):
    services.convert(user=GUEST, token="guests")

    for _ in range(2):
        services.reopen(cart_public_id=guests.public_id)

    assert selectors.find_cart(user=GUEST, token="guests") == guests


def test_a_persons_cart_comes_back_when_there_is_no_other(user, mine):
    services.convert(user=user)

    services.reopen(cart_public_id=mine.public_id)

    assert selectors.find_cart(user=user) == mine


def test_a_cart_that_comes_back_is_poured_into_the_newer_one(user, mine):
    old, new = StockItemFactory(), StockItemFactory()
    put(mine, old)
    services.convert(user=user)
    services.add_item(user=user, variant_public_id=new.variant.public_id, quantity=1)

    for _ in range(2):
        services.reopen(cart_public_id=mine.public_id)

    assert held(user) == {old.variant.sku: 1, new.variant.sku: 1}
    mine.refresh_from_db()
    assert mine.status == CartStatus.MERGED


def test_reopening_what_is_not_there_does_nothing():
    services.reopen(cart_public_id=uuid4())

    assert not Cart.objects.exists()


def test_guests_carts_that_nobody_touches_are_removed_but_never_one_of_an_order(mine, settings):
    settings.GUEST_CART_DAYS = 30
    _forgotten, merged, ordered, used = (CartItemFactory().cart for _ in range(4))
    Cart.objects.filter(pk=merged.pk).update(status=CartStatus.MERGED)
    Cart.objects.filter(pk=ordered.pk).update(status=CartStatus.CONVERTED)
    Cart.objects.exclude(pk=used.pk).update(updated_at="2020-01-01T00:00Z")
    Cart.objects.filter(pk=used.pk).update(updated_at=Now())

    assert services.delete_old_guest_carts() == 2
    assert set(Cart.objects.all()) == {mine, ordered, used}
    assert CartItem.objects.count() == 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_logins_at_once_pour_once(user, guests):
    item = StockItemFactory(on_hand=100)
    put(guests, item, 3)

    results = race(*[lambda: services.merge_guest_cart(user=user, token="guests")] * 10)

    assert results == [None] * 10
    assert held(user) == {item.variant.sku: 3}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_devices_that_log_in_at_once_pour_into_one_cart(user):
    item = StockItemFactory(on_hand=100)
    for n in range(6):
        put(CartFactory(token=f"device-{n}"), item, 2)

    race(*[lambda n=n: services.merge_guest_cart(user=user, token=f"device-{n}") for n in range(6)])

    assert held(user) == {item.variant.sku: 12}
    assert Cart.objects.filter(user=user).count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_tabs_that_add_while_others_log_in_lose_nothing(user, guests):
    item = StockItemFactory(on_hand=100)
    put(guests, item, 3)

    def add():
        services.add_item(user=user, variant_public_id=item.variant.public_id, quantity=1)

    assert race(*[add, lambda: services.merge_guest_cart(user=user, token="guests")] * 6) == [None] * 12
    assert held(user) == {item.variant.sku: 9}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_orders_that_take_one_cart_at_once_get_it_once(guests):
    results = race(*[lambda: services.convert(user=GUEST, token="guests")] * 6)

    assert refusals(results, CartNotActive) == 5


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_cart_that_comes_back_while_a_new_one_is_begun_ends_in_one(user, mine):
    old, new = StockItemFactory(on_hand=100), StockItemFactory(on_hand=100)
    put(mine, old)
    services.convert(user=user)

    def add():
        services.add_item(user=user, variant_public_id=new.variant.public_id, quantity=1)

    results = race(*[add, lambda: services.reopen(cart_public_id=mine.public_id)] * 4)

    assert results == [None] * 8
    assert held(user) == {old.variant.sku: 1, new.variant.sku: 4}
