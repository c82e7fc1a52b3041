from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apps.catalog import services
from apps.catalog.models import ProductVariant
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.common.clock import database_now
from apps.inventory import services as inventory_services
from apps.inventory.services import Wanted
from apps.inventory.tests.factories import StockItemFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/products/"


@pytest.fixture(scope="module")
def shelf(kept_for_the_module):
    """Three kits, oldest first: a cheap green HG, a red HG in stock, a featured MG in two editions."""
    products = show(
        draft_product(
            "zaku",
            name="Zaku II",
            description="The green one of the army, 100% plastic.",
            attributes={"grade": "HG", "release_year": 2020},
            categories=frozenset({("Kits", "High Grade")}),
            tags=frozenset({"zeon", "army-builder"}),
            variants=(draft_variant("Z-1", "15.00"),),
        ),
        draft_product(
            "char",
            name="Char's Zaku",
            description="The RED one.",
            attributes={"grade": "HG", "release_year": 2015},
            categories=frozenset({("Kits", "High Grade")}),
            tags=frozenset({"zeon", "red-comet"}),
            variants=(draft_variant("C-1", "20.00"),),
        ),
        draft_product(
            "sazabi",
            name="Sazabi",
            description="Large.",
            attributes={"grade": "MG", "release_year": 2013, "series": "CCA"},
            categories=frozenset({("Kits", "Master Grade")}),
            is_featured=True,
            variants=(
                draft_variant("S-1", "90.00", options={"Edition": "Standard"}),
                draft_variant("S-2", "120.00", options={"Edition": "Clear"}),
            ),
        ),
    )
    StockItemFactory(variant=ProductVariant.objects.get(sku="C-1"), on_hand=2)
    return products


def get(query="", status=200):
    response = APIClient().get(f"{URL}?{query}")
    assert response.status_code == status, response.content
    return response.json()


def slugs(query=""):
    answer = get(query)
    assert answer["count"] == len(answer["results"])
    return [card["slug"] for card in answer["results"]]


def test_shows_the_newest_first_to_anybody(shelf):
    assert slugs() == ["sazabi", "char", "zaku"]


def test_an_expired_token_does_not_close_the_shop_window(shelf):
    response = APIClient().get(URL, HTTP_AUTHORIZATION="Bearer expired")

    assert response.status_code == 200


def test_a_card_is_the_stored_one_and_says_whether_it_is_in_stock(shelf):
    cards = {card["slug"]: card for card in get()["results"]}

    no_rate = dict.fromkeys(["local_price", "local_price_to", "local_compare_at_price"])
    assert cards["char"] == {**shelf[1].document.card, "is_in_stock": True, **no_rate}
    assert cards["zaku"]["is_in_stock"] is False


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=kits", {"zaku", "char", "sazabi"}),
        ("category=high-grade", {"zaku", "char"}),
        ("category=high-grade&category=master-grade", {"zaku", "char", "sazabi"}),
        ("category=nowhere", set()),
        ("category=", {"zaku", "char", "sazabi"}),
        ("price=20", {"char"}),
        ("price=20.00", {"char"}),
        ("price__gt=15", {"char", "sazabi"}),
        ("price__gte=15", {"zaku", "char", "sazabi"}),
        ("price__lt=20", {"zaku"}),
        ("price__lte=20", {"zaku", "char"}),
        ("price__gt=15&price__lt=90", {"char"}),
        ("tags=zeon", {"zaku", "char"}),
        ("tags=red-comet&tags=army-builder", {"zaku", "char"}),
        ("tags__icontains=COMET", {"char"}),
        ("tags__icontains=army builder", {"zaku"}),
        ("description__icontains=red", {"char"}),
        ("description__icontains=100%25", {"zaku"}),
        ("is_featured=true", {"sazabi"}),
        ("is_featured=false", {"zaku", "char"}),
        ("is_in_stock=true", {"char"}),
        ("is_in_stock=false", {"zaku", "sazabi"}),
        ("product_type=model-kit", {"zaku", "char", "sazabi"}),
        ("product_type=tool", set()),
        ("attribute.grade=HG", {"zaku", "char"}),
        ("attribute.grade=HG&attribute.grade=MG", {"zaku", "char", "sazabi"}),
        ("attribute.release_year=2013", {"sazabi"}),
        ("attribute.release_year=2013.0", {"sazabi"}),
        ("attribute.nothing=1", set()),
        ("category=kits&tags=zeon&price__lt=18&attribute.grade=HG", {"zaku"}),
        ("unknown=1", {"zaku", "char", "sazabi"}),
    ],
)
def test_filters(shelf, query, expected):
    assert set(slugs(query)) == expected


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("published_at", ["zaku", "char", "sazabi"]),
        ("price", ["zaku", "char", "sazabi"]),
        ("-price", ["sazabi", "char", "zaku"]),
        ("name", ["char", "sazabi", "zaku"]),
        ("-name", ["zaku", "sazabi", "char"]),
    ],
)
def test_orders(shelf, ordering, expected):
    assert slugs(f"ordering={ordering}") == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("price=cheap", "price"),
        ("price__gt=NaN", "price__gt"),
        ("price__lt=Infinity", "price__lt"),
        ("price__gte=1e999999", "price__gte"),
        ("price__lte=0.00001", "price__lte"),
        ("is_featured=maybe", "is_featured"),
        ("is_in_stock=1", "is_in_stock"),
        ("ordering=colour", "ordering"),
        ("category=%00", "category"),
        ("tags=a%00b", "tags"),
        ("tags__icontains=%00", "tags__icontains"),
        ("description__icontains=%00", "description__icontains"),
        ("attribute.grade=%00", "attribute.grade"),
        ("product_type=%00", "product_type"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_by_name(shelf, query, field):
    problem = get(query, status=400)

    assert problem["code"] == "invalid-input"
    assert list(problem["errors"]) == [field]


@pytest.mark.parametrize("query", ["attribute.%00=1", "attribute.=1", "%00=1", "category=%ff", "tags__icontains=%25"])
def test_odd_queries_find_nothing_or_everything_but_break_nothing(shelf, query):
    assert APIClient().get(f"{URL}?{query}").status_code in {200, 400}


def test_pages_lead_to_each_other(shelf):
    first = get("page_size=2&ordering=price")
    second = get("page_size=2&ordering=price&page=2")

    assert [card["slug"] for card in first["results"] + second["results"]] == ["zaku", "char", "sazabi"]
    assert (first["count"], second["count"]) == (3, 3)
    assert first["previous"] is None
    assert first["next"] == "http://testserver/api/v1/products/?page_size=2&ordering=price&page=2"
    assert second["next"] is None
    assert second["previous"] == "http://testserver/api/v1/products/?page_size=2&ordering=price"


@pytest.mark.parametrize("page", ["2", "0", "-1", "abc", "1000001", "9" * 30, "9" * 5000])
def test_a_page_that_is_not_there_is_a_404(shelf, page):
    assert get(f"page={page}", status=404)["code"] == "not-found"


def test_an_empty_list_has_a_first_page():
    answer = get("category=none")

    assert [answer[key] for key in ("count", "next", "previous", "results")] == [0, None, None, []]


def test_at_most_a_hundred_fit_one_page():
    show(*(draft_product(f"p-{n}") for n in range(101)))

    assert len(get("page_size=1000")["results"]) == 100
    assert len(get()["results"]) == 24


@pytest.mark.parametrize(
    "query", ["", "page=2&page_size=10", "category=kits&price__gt=1&is_in_stock=false&ordering=name"]
)
def test_a_page_costs_one_statement_however_long_it_is(query, django_assert_max_num_queries):
    show(*(draft_product(f"p-{n}", categories=frozenset({("Kits",)})) for n in range(30)))
    get("page_size=1")

    with django_assert_max_num_queries(2):
        first = get(query)
    with django_assert_max_num_queries(1):
        assert get(f"{query}&_=asked-anew")["results"] == first["results"]


def test_a_page_costs_three_statements_after_a_change(shelf, django_assert_max_num_queries):
    get("ordering=price")
    services.update_product(product_id=shelf[0].pk, is_featured=True)

    with django_assert_max_num_queries(3):
        get("ordering=price")


def test_a_hold_counts_until_its_window_is_over(shelf):
    variant = ProductVariant.objects.get(sku="C-1")
    now = database_now()
    inventory_services.reserve(wanted=[Wanted(uuid4(), variant.pk, 2)], expires_at=now + timedelta(minutes=5))
    assert slugs("is_in_stock=true") == []

    inventory_services.release(line_ids=[variant.stock_items.get().reservations.get().line_id])
    inventory_services.reserve(wanted=[Wanted(uuid4(), variant.pk, 2)], expires_at=now - timedelta(seconds=1))
    assert slugs("is_in_stock=true") == ["char"]


def test_a_variant_that_is_no_longer_sold_does_not_count_as_stock(shelf):
    services.update_product(product_id=shelf[1].pk, variants=(draft_variant("C-2", "20.00"),))

    assert slugs("is_in_stock=true") == []


def test_changes_are_in_the_next_read(shelf):
    zaku = shelf[0]
    services.update_product(product_id=zaku.pk, name="Zaku II Kai", variants=(draft_variant("Z-1", "300.00"),))

    assert slugs("price=15") == []
    assert get("price=300")["results"][0]["name"] == "Zaku II Kai"
    assert get("price=300")["results"][0]["price"]["amount"] == str(Decimal("300.00"))


@pytest.mark.parametrize(("ordering", "price"), [("price", "1.00"), ("-price", "99.00")])
def test_a_list_that_was_asked_for_before_begins_with_what_now_belongs_first(shelf, ordering, price):
    asked = f"attribute.grade=HG&ordering={ordering}"
    before = [[card["slug"] for card in get(asked)["results"]] for _ in range(2)]

    show(draft_product("first", attributes={"grade": "HG"}, variants=(draft_variant("F-1", price),)))

    second_page = get(f"{asked}&page=2&page_size=1")["results"]
    assert before[0] == before[1]
    assert [card["slug"] for card in get(asked)["results"]] == ["first", *before[0]]
    assert [card["slug"] for card in second_page] == before[0][:1]


def test_what_is_deleted_is_neither_listed_nor_counted(shelf):
    services.delete_product(product_id=shelf[0].pk)

    assert slugs() == ["sazabi", "char"]
    assert slugs("category=high-grade") == ["char"]
