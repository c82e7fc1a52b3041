from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.tests.factories import UserFactory
from apps.cart.exceptions import VariantNotFound
from apps.catalog import services as catalog
from apps.catalog.exceptions import ProductNotFound
from apps.common import audit
from apps.wishlists import selectors, services
from apps.wishlists.exceptions import DefaultWishlistStays, TooManyWishlists, WishlistFull, WishNotFound
from apps.wishlists.models import Wishlist, WishlistItem
from apps.wishlists.services import lists
from apps.wishlists.tests.factories import goods, set_price, sister

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return UserFactory(email="ada@example.test", language="es")


@pytest.fixture
def favourites(ada):
    return services.ensure_favourites(owner=ada)


@pytest.fixture
def later(ada):
    return services.create_wishlist(owner=ada, name="Later")


def put(wishlist, product, **options):
    return services.add_item(wishlist_id=wishlist.pk, product_id=product.pk, **options)


def seen(wishlist):
    return selectors.seen_wishes(selectors.items_of(wishlist))


def test_the_favourites_are_made_once_in_the_persons_language_and_cannot_be_deleted(ada, favourites):
    assert services.ensure_favourites(owner=ada) == favourites
    assert (favourites.name, favourites.is_default, favourites.privacy) == ("Favoritos", True, "private")
    put(favourites, goods())

    with pytest.raises(DefaultWishlistStays):
        services.delete_wishlist(wishlist_id=favourites.pk)
    services.empty_wishlist(wishlist_id=favourites.pk)

    assert selectors.wishlists_of(ada).get().item_count == 0


def test_nobody_has_two_defaults(ada, favourites, later):
    with pytest.raises(IntegrityError), transaction.atomic():
        Wishlist.objects.filter(pk=later.pk).update(is_default=True)


def test_a_product_and_its_variants_stand_on_a_list_once_each(later):
    product = goods()
    large = sister(product, "30.00")

    first = put(later, product, note="for Bo")
    again = put(later, product, note="for Cy")
    put(later, product, variant_public_id=large.public_id)
    put(later, product, variant_public_id=large.public_id)

    assert (again.pk, again.note) == (first.pk, "for Bo")
    assert later.items.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        WishlistItem.objects.create(wishlist=later, product=product, added_amount=1, currency="USD")


def test_only_what_is_sold_is_put_on_a_list(later):
    product, other = goods(), goods("other")
    hidden = goods("hidden")
    catalog.archive_product(product_id=hidden.pk)

    with pytest.raises(VariantNotFound):
        put(later, product, variant_public_id=other.variants.get().public_id)
    with pytest.raises(ProductNotFound):
        put(later, hidden)

    assert not later.items.exists()


def test_an_item_tells_the_price_of_now_beside_the_one_of_then(later):
    product = goods(price="20.00")
    put(later, product)

    set_price(product, "17.50")

    [wish] = seen(later)
    assert (str(wish.item.added_price), str(wish.now.price), str(wish.price_change)) == (
        "20.00 USD",
        "17.50 USD",
        "-2.50 USD",
    )
    assert wish.card["price"] == {"amount": "17.50", "currency": "USD"}
    assert wish.now.is_in_stock


def test_an_item_for_a_variant_tells_that_variants_price_and_stock(later):
    product = goods(price="20.00", on_hand=5)
    large = sister(product, "30.00", on_hand=0)
    put(later, product, variant_public_id=large.public_id)

    [wish] = seen(later)

    assert (wish.now.price.amount, wish.now.is_in_stock) == (Decimal("30.00"), False)
    assert wish.card["is_in_stock"]


@pytest.mark.parametrize("leave", [catalog.archive_product, catalog.delete_product])
def test_what_is_no_longer_sold_stays_on_the_list(later, leave):
    product = goods()
    put(later, product)

    leave(product_id=product.pk)

    [wish] = seen(later)
    assert (wish.card, wish.is_sold, wish.price_change, wish.now.is_in_stock) == (None, False, None, False)
    assert wish.item.product.name == "RX"


def test_an_item_moves_with_its_note_and_yields_to_one_that_is_there_already(ada, favourites, later):
    kept, moved = goods("kept"), goods("moved")
    there = put(later, kept, note="here first")
    twin, alone = put(favourites, kept, note="late"), put(favourites, moved, note="mine")

    assert services.move_item(item=twin, to=later) == there
    assert services.move_item(item=alone, to=later).note == "mine"

    assert not favourites.items.exists()
    assert sorted(later.items.values_list("note", flat=True)) == ["here first", "mine"]
    with pytest.raises(WishNotFound):
        services.move_item(item=alone, to=services.create_wishlist(owner=ada, name="Third"))


def test_lists_and_items_have_bounds(ada, favourites, later, monkeypatch):
    monkeypatch.setattr(lists, "MOST_LISTS", 1)
    monkeypatch.setattr(lists, "MOST_ITEMS", 1)
    put(later, goods("one"))
    waiting = put(favourites, goods("two"))

    with pytest.raises(TooManyWishlists):
        services.create_wishlist(owner=ada, name="One more")
    with pytest.raises(WishlistFull):
        put(later, goods("three"))
    with pytest.raises(WishlistFull):
        services.move_item(item=waiting, to=later)

    with pytest.raises(WishlistFull):
        services.change_item(item=waiting, to=later, note="not without the move")

    waiting.refresh_from_db()
    assert (waiting.wishlist, waiting.note) == (favourites, "")
    assert put(later, later.items.get().product).wishlist == later


def test_the_audit_finds_a_link_to_a_private_list_and_a_strange_variant(ada, later):
    services.share_wishlist(wishlist_id=later.pk)
    item = put(later, goods())
    assert list(audit.run()) == []

    Wishlist.objects.filter(pk=later.pk).update(privacy="private")
    WishlistItem.objects.filter(pk=item.pk).update(variant=goods("other").variants.get())

    assert [finding.invariant.code for finding in audit.run()] == ["W1", "W2"]
