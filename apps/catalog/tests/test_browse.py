from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from apps.catalog import services
from apps.catalog.api.serializers import CardSerializer, DetailSerializer, HomeSerializer
from apps.catalog.models import ProductDocument
from apps.catalog.tests.factories import draft_product, draft_variant, model_kit_type, show

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    return show(
        draft_product("zaku", categories=frozenset({("Kits", "High Grade")}), tags=frozenset({"zeon", "green"})),
        draft_product("sazabi", categories=frozenset({("Kits", "Master Grade")}), tags=frozenset({"zeon"})),
        draft_product("cap", categories=frozenset({("Apparel",)})),
    )


def get(path):
    return APIClient().get(f"/api/v1/{path}").json()


def test_categories_are_a_tree_that_counts_what_is_below(shelf, django_assert_max_num_queries):
    get("products/")  # so that the rate is known

    with django_assert_max_num_queries(3):
        tree = get("categories/")

    assert tree == [
        {"slug": "apparel", "name": "Apparel", "product_count": 1, "children": []},
        {
            "slug": "kits",
            "name": "Kits",
            "product_count": 2,
            "children": [
                {"slug": "high-grade", "name": "High Grade", "product_count": 1, "children": []},
                {"slug": "master-grade", "name": "Master Grade", "product_count": 1, "children": []},
            ],
        },
    ]


def test_an_emptied_category_stays_and_counts_nothing(shelf):
    services.delete_product(product_id=shelf[2].pk)

    assert get("categories/")[0] == {"slug": "apparel", "name": "Apparel", "product_count": 0, "children": []}


def test_tags_come_with_their_counts(shelf, django_assert_max_num_queries):
    get("products/")

    with django_assert_max_num_queries(4):
        answer = get("tags/")

    assert answer["results"] == [
        {"slug": "green", "name": "green", "product_count": 1},
        {"slug": "zeon", "name": "zeon", "product_count": 2},
    ]


def test_attributes_say_their_kind_and_where_they_hold(django_assert_max_num_queries):
    model_kit_type()
    get("products/")

    with django_assert_max_num_queries(4):
        answer = get("attributes/")

    one_type = {"choice_names": {}, "product_types": ["model-kit"]}
    assert answer == [
        {"code": "grade", "name": "Grade", "kind": "choice", "choices": ["HG", "MG"], **one_type},
        {"code": "series", "name": "Series", "kind": "text", "choices": [], **one_type},
        {"code": "release_year", "name": "Year", "kind": "number", "choices": [], **one_type},
    ]


def test_what_is_documented_is_what_is_sent(shelf):
    document = ProductDocument.objects.get(slug="zaku")

    card, page = get("products/")["results"][0], get("products/zaku/")
    assert set(CardSerializer().fields) == set(card) > set(document.card)
    assert set(DetailSerializer().fields) == set(page) > set(document.detail)
    assert set(DetailSerializer().fields["variants"].child.fields) == set(page["variants"][0])
    assert set(DetailSerializer().fields["rate"].fields) == set(page["rate"])


def test_home_shows_three_shelves_and_the_categories_in_one_call(shelf, django_assert_max_num_queries):
    services.update_product(product_id=shelf[0].pk, is_featured=True)
    reduced = draft_variant("SAZABI-1", "80.00", compare_at_amount=Decimal("95.00"))
    services.update_product(product_id=shelf[1].pk, variants=(reduced,))
    get("products/")

    with django_assert_max_num_queries(6):
        home = get("home/")
    with django_assert_max_num_queries(1):
        assert get("home/") == home

    shown = {name: [card["slug"] for card in home[name]] for name in ("featured", "new", "on_offer")}
    assert shown == {"featured": ["zaku"], "new": ["cap", "sazabi", "zaku"], "on_offer": ["sazabi"]}
    assert home["categories"] == get("categories/")
    assert home["rate"] == get("products/")["rate"]
    assert set(home) == set(HomeSerializer().fields)
