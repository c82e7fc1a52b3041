import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.tests.factories import UserFactory
from apps.common.money import Money
from apps.common.tests.staff import staff_client
from apps.orders.tests.placing import pay_in_full, place
from apps.wishlists import selectors, services
from apps.wishlists.models import AlertKind, WishlistItem, WishlistShare
from apps.wishlists.tests.factories import ask, goods

pytestmark = pytest.mark.django_db
LIST = reverse("admin:wishlists_wishlist_changelist")


@pytest.fixture
def people():
    return [UserFactory() for _ in range(3)]


def wish(person, product, **options):
    favourites = services.ensure_favourites(owner=person)
    return services.add_item(wishlist_id=favourites.pk, product_id=product.pk, **options)


def shown(products):
    return [(product.slug, product.people, product.waiting) for product in products]


def test_wishes_are_counted_by_people_and_those_that_cannot_be_bought_apart(people):
    loved, gone = goods("loved"), goods("gone", on_hand=0)
    for person in people:
        wish(person, loved)
    wish(people[0], gone)
    wish(people[0], loved, variant_public_id=loved.variants.get().public_id)
    ask(people[1], gone, AlertKind.BACK_IN_STOCK)
    ask(people[1], gone)

    assert shown(selectors.most_wished(most=9)) == [("loved", 3, 0), ("gone", 1, 1)]
    assert shown(selectors.wished_without_stock(most=9)) == [("gone", 1, 1)]
    assert shown(selectors.most_awaited(most=9)) == [("gone", 1, 1)]


def test_alerts_are_counted_by_the_drop_that_would_be_told(people):
    product = goods(price="20.00")
    ask(people[0], product)
    ask(people[1], product, target_price=Money(Decimal("16.00"), "USD"))
    ask(people[2], product, target_price=Money(Decimal("8.00"), "USD"))

    heard = {drop.percent: drop.alerts for drop in selectors.alerts_by_drop()}

    assert heard == {5: 1, 10: 1, 20: 2, 30: 2, 50: 2}


def test_a_wish_counts_as_bought_when_the_same_person_has_paid_for_it_since(people):
    product = goods()
    item = product.variants.get().stock_items.get()
    before, after, other = people
    pay_in_full(order_id=place(item, customer_id=before.pk).pk)
    wishes = {person: wish(person, product) for person in people}
    WishlistItem.objects.filter(pk=wishes[before].pk).update(created_at=timezone.now() + timedelta(minutes=1))
    WishlistItem.objects.exclude(pk=wishes[before].pk).update(created_at=timezone.now() - timedelta(days=1))
    pay_in_full(order_id=place(item, customer_id=after.pk).pk)
    place(item, customer_id=other.pk)

    converted = selectors.conversion(days=90)

    assert (converted.wishes, converted.bought, converted.percent) == (3, 1, 33)


def test_openings_are_those_of_all_links_and_live_ones_are_told_apart(people):
    favourites = services.ensure_favourites(owner=people[0])
    for _ in range(2):
        services.share_wishlist(wishlist_id=favourites.pk)
    first = WishlistShare.objects.earliest("pk")
    services.count_opening(share_id=first.pk)
    services.revoke_share(share_id=first.pk)

    assert selectors.openings() == selectors.Openings(live=1, made=2, opened=1)


def test_the_page_shows_figures_and_nobodys_notes(people, django_assert_max_num_queries):
    loved = goods("loved")
    for person in people:
        wish(person, loved, note="a secret")
    wish(people[0], goods("other"))
    share, _ = services.share_wishlist(wishlist_id=services.ensure_favourites(owner=people[0]).pk)
    WishlistShare.objects.filter(pk=share.pk).update(opened_count=41)
    ask(people[0], loved)
    staff = staff_client("wishlists.view_wishlist", "wishlists.view_pricealert")

    with django_assert_max_num_queries(18):
        page = staff.get(LIST).content.decode()

    row = selectors.wishlists_of(people[0]).get()
    detail = staff.get(reverse("admin:wishlists_wishlist_change", args=[row.pk])).content.decode()
    assert "Wished most" in page
    assert "LOVED" in page
    assert "a secret" not in page + detail
    assert "Wished, then bought" in page
    assert re.search(r"field-opening_total[^>]*>\s*41\s*<", page)
    alerts = staff.get(reverse("admin:wishlists_pricealert_changelist")).content.decode()
    assert people[0].email in alerts
