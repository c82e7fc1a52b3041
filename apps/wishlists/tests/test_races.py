"""Two at once: one thing put on a list twice, one list made twice, one alert told twice."""

from functools import partial
from threading import Barrier

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.tests.factories import UserFactory
from apps.common import audit
from apps.notifications.models import Message
from apps.notifications.services.alerts import tell_of_alert
from apps.wishlists import selectors, services
from apps.wishlists.exceptions import WishlistFull
from apps.wishlists.models import PriceAlert, Wishlist, WishlistItem
from apps.wishlists.services import lists
from apps.wishlists.tests.factories import ask, goods, set_price
from tests.racing import race, refusals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def ada():
    return UserFactory(email="ada@example.test")


@pytest.fixture(autouse=True)
def awake(settings):
    settings.MARKETING_QUIET_HOURS = settings.MARKETING_QUIET_HOURS[:1] * 2  # never


def test_a_heart_pressed_four_times_at_once_makes_one_list_with_one_item(ada):
    product = goods()

    def press():
        favourites = services.ensure_favourites(owner=ada)
        return services.add_item(wishlist_id=favourites.pk, product_id=product.pk).pk

    results = race(*[press] * 4)

    assert refusals(results, AssertionError) == 0
    assert len(set(results)) == Wishlist.objects.count() == WishlistItem.objects.count() == 1


def test_who_does_not_hold_the_list_is_stopped_by_the_database_alone(ada):
    """The twin of the race above: both look, both find nothing."""
    product, favourites = goods(), services.ensure_favourites(owner=ada)
    both_have_looked = Barrier(2, timeout=20)

    def careless():
        with transaction.atomic():
            assert not favourites.items.exists()
            both_have_looked.wait()
            favourites.items.create(product=product, added_amount=1, currency="USD")

    results = race(careless, careless)

    assert refusals(results, IntegrityError) == 1
    assert favourites.items.count() == 1


def test_the_last_place_on_a_list_is_given_once(ada, monkeypatch):
    monkeypatch.setattr(lists, "MOST_ITEMS", 1)
    favourites = services.ensure_favourites(owner=ada)
    products = [goods(f"rx-{number}") for number in range(4)]

    results = race(
        *(partial(services.add_item, wishlist_id=favourites.pk, product_id=product.pk) for product in products)
    )

    assert refusals(results, WishlistFull) == 3
    assert favourites.items.count() == 1


def test_an_item_that_two_move_crosswise_is_on_one_list_in_the_end(ada):
    here, there = (services.create_wishlist(owner=ada, name=name) for name in ("Here", "There"))
    one, other = (
        services.add_item(wishlist_id=wishlist.pk, product_id=goods(wishlist.name.lower()).pk)
        for wishlist in (here, there)
    )

    results = race(partial(services.move_item, item=one, to=there), partial(services.move_item, item=other, to=here))

    assert refusals(results, AssertionError) == 0
    assert (here.items.get().pk, there.items.get().pk) == (other.pk, one.pk)
    assert list(audit.run()) == []


def test_a_lower_price_that_five_workers_hear_of_is_told_once(ada):
    product = goods(price="20.00")
    alert = ask(ada, product)
    set_price(product, "15.00")

    results = race(*[partial(tell_of_alert, alert.pk)] * 5)

    assert refusals(results, AssertionError) == 0
    assert Message.objects.filter(template="price_drop").count() == 1
    assert PriceAlert.objects.get().told_count == 1


def test_workers_who_look_first_and_write_then_tell_it_twice(ada):
    """The twin of the race above: both have found the alert before either writes that it is told."""
    product = goods(price="20.00")
    ask(ada, product)
    set_price(product, "15.00")
    both_have_looked = Barrier(2, timeout=20)

    def careless():
        [found] = selectors.met_alerts(limit=1)
        both_have_looked.wait()
        with transaction.atomic():
            alert = PriceAlert.objects.get(pk=found)
            Message.objects.create(
                recipient=ada.email, template="price_drop", language="en", subject="x", dedupe_key=object().__hash__()
            )
            alert.told_amount, alert.told_count, alert.told_at = 15, 1, alert.created_at
            alert.save()

    race(careless, careless)

    assert Message.objects.filter(template="price_drop").count() == 2
    assert PriceAlert.objects.get().told_count == 1
