"""Addresses that stay: a renamed product or category is found by every slug that it had."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import get_resolver
from rest_framework.test import APIClient

from apps.catalog import services
from apps.catalog.drafts import RESERVED_SLUGS
from apps.catalog.exceptions import CategoryInvalid, ProductInvalid, SlugNotGivenUp
from apps.catalog.models import Category, Product
from apps.catalog.tests.factories import draft_product, draft_variant, show
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def zaku():
    return show(draft_product("zaku", categories=frozenset({("Kits",)})))[0]


def get(path, status=200):
    response = APIClient().get(f"/api/v1/{path}")
    assert response.status_code == status, response.content
    return response


def rename(product, *slugs):
    for slug in slugs:
        services.update_product(product_id=product.pk, slug=slug)


def leads_to(slug):
    return get(f"products/{slug}/", status=301)["Location"]


def test_every_old_address_leads_to_the_one_of_now_in_one_step(zaku):
    rename(zaku, "zaku-ii", "ms-06")

    assert leads_to("zaku") == leads_to("zaku-ii") == "/api/v1/products/ms-06/"
    assert get("products/zaku/", 301).json() == {"slug": "ms-06", "location": "/api/v1/products/ms-06/"}
    assert get("products/zaku/?fields=slug,name", 301)["Location"] == "/api/v1/products/ms-06/?fields=slug,name"
    assert APIClient().get("/api/v1/products/zaku/", follow=True).json()["slug"] == "ms-06"


def test_nobody_keeps_the_way_for_the_product_may_be_renamed_back(zaku):
    rename(zaku, "zaku-ii")
    assert get("products/zaku/", 301)["Cache-Control"] == "no-cache"

    rename(zaku, "zaku")

    assert get("products/zaku/").json()["slug"] == "zaku"
    assert leads_to("zaku-ii") == "/api/v1/products/zaku/"


def test_an_old_address_of_what_is_not_in_the_shop_leads_nowhere(zaku):
    rename(zaku, "zaku-ii")
    services.archive_product(product_id=zaku.pk)

    assert get("products/zaku/", 404).json()["code"] == "product-not-found"


def test_what_hangs_on_a_product_is_found_by_its_old_address(zaku):
    rename(zaku, "zaku-ii")

    assert get("products/zaku/reviews/").json()["count"] == 0


def test_an_old_address_is_taken_by_another_product_only_when_staff_give_it_up(zaku):
    rename(zaku, "zaku-ii")
    other = draft_product("zaku", variants=(draft_variant("NEW"),))
    with pytest.raises(ProductInvalid) as refusal:
        services.create_product(store=zaku.store, draft=other)
    (sentence,) = refusal.value.errors["slug"]
    assert sentence == "It is an old address of “Zaku” and still leads there, until that product gives it up."

    services.give_up_slug(product_id=zaku.pk, slug="zaku")

    get("products/zaku/", 404)
    assert services.create_product(store=zaku.store, draft=other).slug == "zaku"
    with pytest.raises(SlugNotGivenUp):
        services.give_up_slug(product_id=zaku.pk, slug="zaku-ii")


def test_the_slug_and_skus_of_a_deleted_product_wait_for_it(zaku):
    services.delete_product(product_id=zaku.pk)

    with pytest.raises(ProductInvalid) as refusal:
        services.create_product(store=zaku.store, draft=draft_product("zaku"))

    assert refusal.value.errors == {
        "slug": ["The deleted product “Zaku” has this slug; restore it, or give it another one first."],
        "variants.0.sku": ["Another product has the SKU “ZAKU-1”."],
    }
    services.restore_product(product_id=zaku.pk)
    assert get("products/zaku/").json()["variants"][0]["sku"] == "ZAKU-1"


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_of_a_new_product_and_a_renamed_one_that_want_the_same_slug_one_gets_it():
    """By raw writes, which no service has checked before."""
    zaku, gouf = show(draft_product("zaku"), draft_product("gouf"))

    def take(product):
        with transaction.atomic():
            Product.objects.filter(pk=product.pk).update(slug="dom")
            Product.objects.filter(pk=product.pk).update(slug=product.slug)  # and gives it back: it is a former one

    results = race(lambda: take(zaku), lambda: take(gouf))

    assert sorted(type(result) for result in results if result is not None) == [IntegrityError]


@pytest.mark.parametrize("slug", ["search", "Import"])
def test_an_address_of_the_shop_itself_is_no_slug(zaku, slug):
    with pytest.raises(ProductInvalid) as refusal:
        rename(zaku, slug)

    assert refusal.value.errors == {"slug": [f"“{slug}” is an address of the shop itself."]}


def test_every_address_beside_the_products_is_reserved():
    """A new route under `products/` hides the product of that slug, so it must be reserved."""
    routes = (str(pattern.pattern) for pattern in get_resolver("apps.catalog.api.urls").url_patterns)
    words = {route.split("/")[1] for route in routes if route.startswith("products/")}

    assert {word for word in words if word and "<" not in word} <= RESERVED_SLUGS


def test_a_list_is_narrowed_by_a_category_however_it_was_called(zaku):
    show(draft_product("shirt"))
    kits = Category.objects.get()
    for slug in ("model-kits", "plamo"):
        services.rename_category(category_id=kits.pk, name="Plamo", slug=slug)

    for slug in ("kits", "model-kits", "plamo"):
        page = get(f"products/?category={slug}&facets=category").json()
        assert (page["count"], page["results"][0]["slug"]) == (1, "zaku")
        assert page["facets"]["category"] == [{"value": "plamo", "count": 1}]
        assert get(f"products/?category={slug}&category=none&is_featured=false").json()["count"] == 1


def test_a_former_slug_of_a_category_is_not_given_to_another(zaku):
    kits = Category.objects.get()
    services.rename_category(category_id=kits.pk, name="Plamo", slug="plamo")
    with pytest.raises(CategoryInvalid):
        services.add_category(name="Boxes", parent_id=None, slug="kits")

    services.rename_category(category_id=kits.pk, name="Kits", slug="kits")

    assert get("products/?category=plamo").json()["count"] == 1
