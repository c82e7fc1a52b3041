"""What a store sells is in the shop while the store is open, whoever closes it and by whatever way."""

import pytest
from rest_framework.test import APIClient

from apps.cart.tests.visitor import Visitor
from apps.catalog import selectors, services
from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import Product, ProductDocument, ProductTurn
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.common import audit
from apps.common.tests.staff import boss_client
from apps.inventory.tests.factories import StockItemFactory
from apps.stores.models import Store
from apps.stores.tests.factories import StoreFactory
from apps.wishlists.selectors.things import thing_now

pytestmark = pytest.mark.django_db
PATHS = ["products/", "products/search/?q=zaku", "home/", "products/suggest/?q=zaku", "products/zaku/"]


@pytest.fixture
def zaku():
    """Of a store beside the shop's own, which sells another one."""
    show(draft_product("gouf", name="Gouf"))
    services.save_products(
        store=StoreFactory(slug="zeon", name="Zeon", is_default=False),
        drafts=[draft_product("zaku", name="Zaku", variants=(draft_variant("Z-1", "20.00"),))],
    )
    product = Product.objects.get(slug="zaku")
    StockItemFactory(variant=product.variants.get(), location__store=product.store, on_hand=100)
    return product


def turn(product, *, is_active):
    Store.objects.filter(pk=product.store_id).update(is_active=is_active)


def where_it_is_found():
    answers = {path: APIClient().get(f"/api/v1/{path}") for path in PATHS}
    return [path for path, answer in answers.items() if answer.status_code == 200 and "Zaku" in answer.content.decode()]


def test_its_products_are_found_nowhere_while_it_is_closed(zaku):
    assert where_it_is_found() == PATHS

    turn(zaku, is_active=False)

    assert where_it_is_found() == []
    assert not ProductDocument.objects.filter(product=zaku).exists()
    assert APIClient().get("/api/v1/products/").json()["count"] == 1
    assert list(audit.run()) == []

    turn(zaku, is_active=True)

    assert where_it_is_found() == PATHS
    assert list(audit.run()) == []


@pytest.mark.parametrize("path", PATHS)
def test_whoever_looks_first_does_not_find_them(zaku, path):
    APIClient().get(f"/api/v1/{path}")  # and an answer is kept

    turn(zaku, is_active=False)

    assert "Zaku" not in APIClient().get(f"/api/v1/{path}").content.decode()


def test_nothing_hangs_on_its_page_any_more_though_its_document_is_still_there(zaku):
    turn(zaku, is_active=False)

    with pytest.raises(ProductNotFound):
        selectors.get_document("zaku")
    assert ProductDocument.objects.filter(product=zaku).exists()


def test_nobody_is_told_in_a_list_of_wishes_that_it_can_be_bought(zaku):
    assert thing_now(product_id=zaku.pk, variant_id=None).price is not None

    turn(zaku, is_active=False)

    assert thing_now(product_id=zaku.pk, variant_id=None).price is None


def test_it_cannot_be_put_into_a_cart_and_a_cart_says_that_it_is_gone(zaku):
    item, shopper = zaku.variants.get().stock_items.get(), Visitor()
    shopper.add(item)

    turn(zaku, is_active=False)

    assert Visitor().add(item).status_code == 404
    [line] = shopper.cart()["items"]
    assert [change["code"] for change in line["changes"]] == ["unavailable"]

    turn(zaku, is_active=True)
    assert shopper.cart()["items"][0]["changes"] == []


def test_what_is_written_meanwhile_is_shown_when_it_opens_again(zaku):
    turn(zaku, is_active=False)

    services.update_product(product_id=zaku.pk, name="Zaku II")
    assert where_it_is_found() == []

    turn(zaku, is_active=True)
    assert APIClient().get("/api/v1/products/zaku/").json()["name"] == "Zaku II"


def test_what_was_taken_out_of_the_shop_does_not_come_back_with_the_store(zaku):
    services.archive_product(product_id=zaku.pk)
    turn(zaku, is_active=False)
    turn(zaku, is_active=True)

    assert where_it_is_found() == []
    assert not ProductTurn.objects.exists()


def test_staff_close_and_rename_it_in_the_admin(zaku):
    address = f"/admin/stores/store/{zaku.store_id}/change/"
    form = {"name": "Zeon", "slug": "zeon", "email": "", "members-TOTAL_FORMS": "0", "members-INITIAL_FORMS": "0"}

    staff = boss_client()

    assert staff.post(address, form).status_code == 302
    assert where_it_is_found() == []

    assert staff.post(address, form | {"name": "Principality", "is_active": "on"}).status_code == 302
    assert where_it_is_found() == PATHS
    assert APIClient().get("/api/v1/products/zaku/").json()["store"]["name"] == "Principality"
    assert list(audit.run()) == []


def test_what_means_nothing_to_shoppers_writes_no_product_anew(zaku):
    Store.objects.update(email="orders@example.test", is_active=True)

    assert not ProductTurn.objects.exists()
