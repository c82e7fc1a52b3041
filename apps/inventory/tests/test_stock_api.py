import pytest

from apps.catalog.tests.factories import ProductVariantFactory
from apps.catalog.tests.keeping import member_of, staff
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory, StockLocationFactory
from apps.stores.models import StoreRole
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db


def stock_keeper():
    return staff("inventory.view_stockitem", "inventory.change_stockitem")


def change(keeper, item, what, key="once", **body):
    return keeper.post(f"admin/stock/{item.public_id}/{what}/", body, **{"Idempotency-Key": key})


def test_units_come_and_go_by_movements_with_reason_and_name():
    item, keeper = StockItemFactory(on_hand=10), stock_keeper()

    answer = change(keeper, item, "adjust", delta=-3, reason="correction", note="Broken in transit")

    assert (answer.status_code, answer.json()["on_hand"], answer.json()["free"]) == (200, 7, 7)
    latest = keeper.get(f"admin/stock/{item.public_id}/movements/").json()["results"][0]
    assert (latest["delta"], latest["reason"], latest["note"]) == (-3, "correction", "Broken in transit")
    assert latest["actor"] == keeper.user.email


def test_the_same_change_sent_twice_is_made_once():
    item, keeper = StockItemFactory(on_hand=10), stock_keeper()

    answers = [change(keeper, item, "adjust", delta=5, reason="receipt") for _ in range(2)]

    assert [answer.json()["on_hand"] for answer in answers] == [15, 15]
    assert change(keeper, item, "adjust", key="", delta=5, reason="receipt").status_code == 422
    assert StockItem.objects.get().on_hand == 15


def test_a_count_holds_only_while_the_book_says_what_the_counter_saw():
    item, keeper = StockItemFactory(on_hand=10), stock_keeper()

    counted = change(keeper, item, "count", key="1", counted=8, expected=10)
    late = change(keeper, item, "count", key="2", counted=9, expected=10)

    assert (counted.status_code, late.status_code, late.json()["code"]) == (200, 409, "stock-change-refused")
    assert StockItem.objects.get().on_hand == 8


def test_units_that_are_promised_are_not_taken():
    item = StockItemFactory(on_hand=4, committed=3)

    refused = change(stock_keeper(), item, "adjust", delta=-2, reason="correction")

    assert (refused.status_code, StockItem.objects.get().on_hand) == (409, 4)


def test_the_first_units_of_a_variant_make_its_stock_item():
    place, keeper = StockLocationFactory(), stock_keeper()
    variant = ProductVariantFactory(product__store=place.store)

    made = keeper.post("admin/stock/", {"sku": variant.sku, "quantity": 4}, **{"Idempotency-Key": "1"})
    nowhere = keeper.post(
        "admin/stock/", {"sku": variant.sku, "quantity": 4, "location": "moon"}, **{"Idempotency-Key": "2"}
    )

    assert (made.status_code, made.json()["on_hand"], made.json()["location"]) == (201, 4, place.code)
    assert nowhere.json()["code"] == "stock-location-not-found"
    found = keeper.get(f"admin/stock/?sku={variant.sku}&is_low=true").json()["results"]
    assert [one["id"] for one in found] == [made.json()["id"]]


def test_members_keep_the_stock_of_their_store_alone():
    own, other = StockItemFactory(), StockItemFactory(variant__product__store=StoreFactory(slug="b", is_default=False))
    seller = member_of(own.location.store)
    clerk = member_of(own.location.store, StoreRole.CLERK)

    assert [one["id"] for one in seller.get("admin/stock/").json()["results"]] == [str(own.public_id)]
    assert seller.patch(f"admin/stock/{own.public_id}/", {"low_stock_threshold": 1}).json()["low_stock_threshold"] == 1
    assert change(seller, other, "adjust", delta=1, reason="receipt").status_code == 404
    assert change(clerk, own, "adjust", delta=1, reason="receipt").status_code == 403
    foreign = seller.post("admin/stock/", {"sku": other.variant.sku, "quantity": 1}, **{"Idempotency-Key": "3"})
    assert foreign.status_code == 404
