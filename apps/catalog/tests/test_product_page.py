from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apps.catalog import services
from apps.catalog.models import ProductVariant
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.common.clock import database_now
from apps.inventory import services as inventory_services
from apps.inventory.models import StockItem
from apps.inventory.services import Wanted
from apps.inventory.tests.factories import StockItemFactory, StockLocationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shirt():
    """A shirt in M and L; four M in two warehouses, no L."""
    (product,) = show(
        draft_product(
            "shirt",
            name="Crew shirt",
            description="Soft.",
            categories=frozenset({("Wear", "Shirts")}),
            tags=frozenset({"cotton"}),
            variants=(
                draft_variant("SH-M", "22.00", options={"Color": "Red", "Size": "M"}, weight_grams=175, barcode="205"),
                draft_variant("SH-L", "24.00", options={"Color": "Red", "Size": "L"}),
            ),
        )
    )
    medium = ProductVariant.objects.get(sku="SH-M")
    StockItemFactory(variant=medium, on_hand=3)
    StockItemFactory(variant=medium, on_hand=1, location=StockLocationFactory(code="annex"))
    return product


def get(name, status=200):
    response = APIClient().get(f"/api/v1/products/{name}/")
    assert response.status_code == status
    return response.json()


def test_shows_all_of_it(shirt):
    medium, large = shirt.variants.order_by("position")
    no_rate = dict.fromkeys(["local_price", "local_compare_at_price"])

    assert get("shirt") == {
        "id": str(shirt.public_id),
        "slug": "shirt",
        "name": "Crew shirt",
        "product_type": "model-kit",
        "price": {"amount": "22.00", "currency": "USD"},
        "price_to": {"amount": "24.00", "currency": "USD"},
        "compare_at_price": None,
        "offer_ends_at": None,
        "image": None,
        "rating": None,
        "specifications": [],
        "seo": {"title": "", "description": ""},
        "related": [],
        "rating_histogram": {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0},
        "is_featured": False,
        "attributes": {},
        "description": "Soft.",
        "categories": [
            {
                "slug": "shirts",
                "name": "Shirts",
                "path": [{"slug": "wear", "name": "Wear"}, {"slug": "shirts", "name": "Shirts"}],
            }
        ],
        "tags": [{"slug": "cotton", "name": "cotton"}],
        "images": [],
        "store": {"slug": "shop", "name": "Shop"},
        "published_at": shirt.published_at.isoformat().replace("+00:00", "Z"),
        "is_in_stock": True,
        **dict.fromkeys(["local_price", "local_price_to", "local_compare_at_price"]),
        "rate": {
            "currency": "VES",
            "rate": None,
            "source": None,
            "value_date": None,
            "is_fallback": False,
            "problem": "no-fit-rate",
        },
        "variants": [
            {
                "id": str(medium.public_id),
                "sku": "SH-M",
                "title": "Red / M",
                "options": {"Color": "Red", "Size": "M"},
                "price": {"amount": "22.00", "currency": "USD"},
                "compare_at_price": None,
                "weight_grams": 175,
                "barcode": "205",
                "offer_ends_at": None,
                "available": 4,
                **no_rate,
            },
            {
                "id": str(large.public_id),
                "sku": "SH-L",
                "title": "Red / L",
                "options": {"Color": "Red", "Size": "L"},
                "price": {"amount": "24.00", "currency": "USD"},
                "compare_at_price": None,
                "weight_grams": 0,
                "barcode": "",
                "offer_ends_at": None,
                "available": 0,
                **no_rate,
            },
        ],
    }


def test_is_found_by_id_as_by_slug(shirt):
    assert get(str(shirt.public_id)) == get("shirt")


def test_counts_what_is_free_now(shirt):
    medium = shirt.variants.get(sku="SH-M")
    now = database_now()
    inventory_services.reserve(wanted=[Wanted(uuid4(), medium.pk, 2)], expires_at=now + timedelta(minutes=5))
    assert get("shirt")["variants"][0]["available"] == 2

    inventory_services.reserve(wanted=[Wanted(uuid4(), medium.pk, 1)], expires_at=now - timedelta(seconds=1))
    assert get("shirt")["variants"][0]["available"] == 2


def test_tells_the_next_reader_the_units_of_now_and_the_rest_as_before(shirt):
    before = get("shirt")
    inventory_services.reserve(
        wanted=[Wanted(uuid4(), ProductVariant.objects.get(sku="SH-M").pk, 1)],
        expires_at=database_now() + timedelta(minutes=5),
    )

    after = get("shirt")

    assert [variant.pop("available") for variant in (*before["variants"], *after["variants"])] == [4, 0, 3, 0]
    assert after == before


def test_a_sold_out_product_is_told_so_though_its_page_is_known(shirt):
    assert get("shirt")["is_in_stock"] is True
    StockItem.objects.update(on_hand=0)

    assert get("shirt")["is_in_stock"] is False


def test_costs_one_statement(shirt, django_assert_max_num_queries):
    get("shirt")

    with django_assert_max_num_queries(1):
        get(str(shirt.public_id))


@pytest.mark.parametrize("name", ["nothing", "01938f6e-52a1-7c3e-9a55-0d6f2f0f7c11"])
def test_what_is_not_there_is_a_404(shirt, name):
    assert get(name, status=404)["code"] == "product-not-found"


@pytest.mark.parametrize("name", ["a%00b", "a b", "..%2f"])
def test_a_name_that_no_product_can_have_is_a_404(name):
    assert get(name, status=404)["code"] == "not-found"


def test_what_is_deleted_or_archived_is_a_404(shirt):
    services.archive_product(product_id=shirt.pk)
    assert get("shirt", status=404)["code"] == "product-not-found"

    services.publish_product(product_id=shirt.pk)
    services.delete_product(product_id=shirt.pk)
    assert get(str(shirt.public_id), status=404)["code"] == "product-not-found"
