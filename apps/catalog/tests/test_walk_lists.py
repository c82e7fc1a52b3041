"""Cursors, sparse answers and facets."""

from datetime import timedelta
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from apps.catalog import services
from apps.catalog.models import ProductDocument, ProductVariant
from apps.catalog.selectors import ORDERINGS, Cursor
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.inventory.tests.factories import StockItemFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/products/"


def get(query, status=200):
    address = query if query.startswith("http") else f"{URL}?{query}"
    response = APIClient().get(address)
    assert response.status_code == status, response.content
    return response.json()


def slugs(answer):
    return [card["slug"] for card in answer["results"]]


def walk(query, step="next"):
    answer = get(query)
    yield slugs(answer)
    while answer[step]:
        answer = get(answer[step])
        yield slugs(answer)


@pytest.fixture
def kits():
    """Seven kits; prices, names and popularity come twice, so that only the key tells some apart."""
    products = show(
        *(
            draft_product(f"kit-{n}", name=f"Kit {n // 2}", variants=(draft_variant(f"K-{n}", f"{n // 2}.50"),))
            for n in range(7)
        )
    )
    for n, product in enumerate(products):
        ProductDocument.objects.filter(pk=product.pk).update(popularity=n // 3)
    return products


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_a_walk_shows_what_the_pages_show_in_both_directions(kits, ordering):
    whole = slugs(get(f"ordering={ordering}"))

    forwards = list(walk(f"ordering={ordering}&page_size=3&cursor="))
    last = get(f"ordering={ordering}&page_size=3&cursor=")
    while last["next"]:
        last = get(last["next"])
    backwards = list(walk(last["previous"], "previous"))

    assert forwards == [whole[0:3], whole[3:6], whole[6:7]]
    assert backwards == [whole[3:6], whole[0:3]]


def test_a_walk_leaves_nothing_out_when_products_come_and_go(kits):
    first = get("ordering=price&page_size=3&cursor=")
    services.delete_product(product_id=kits[0].pk)
    show(draft_product("kit-new", variants=(draft_variant("K-NEW", "0.10"),)))

    rest = [slug for page in walk(first["next"]) for slug in page]

    assert slugs(first) + rest == [f"kit-{n}" for n in range(7)]


def test_filters_go_along_and_the_count_is_of_all(kits):
    pages = [get("price__gte=1&page_size=4&cursor=&ordering=price")]
    pages.append(get(pages[0]["next"]))

    assert [slugs(page) for page in pages] == [["kit-2", "kit-3", "kit-4", "kit-5"], ["kit-6"]]
    assert [page["count"] for page in pages] == [5, 5]
    assert (pages[0]["previous"], pages[1]["next"]) == (None, None)


def test_deep_pages_of_a_walk_skip_nothing_over(kits, django_assert_max_num_queries):
    get("page_size=100")  # so that all cards are known
    answer = get("page_size=1&cursor=")
    with django_assert_max_num_queries(1):
        get(answer["next"])


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "%00",
        Cursor("price", "1.00", 1).as_text(),
        Cursor("-published_at", "yesterday", 1).as_text(),
        Cursor("-published_at", "2026-11-21 12:00:00+00", 2**63).as_text(),
        Cursor("-published_at", 7, 1).as_text(),
        Cursor("-published_at", "2026-11-21 12:00:00+00", "1").as_text(),
    ],
    ids=["nonsense", "nul", "of another order", "no date", "no key", "no text", "text for a key"],
)
def test_a_cursor_that_is_not_ours_is_refused(kits, cursor):
    assert get(f"cursor={cursor}", 422)["code"] == "cursor-not-valid"


@pytest.mark.parametrize(
    ("ordering", "value"), [("price", "NaN"), ("price", "1e99"), ("-popularity", "9" * 12), ("name", "\0")]
)
def test_a_cursor_with_a_value_that_the_column_cannot_have_is_refused(kits, ordering, value):
    answer = get(f"ordering={ordering}&cursor={Cursor(ordering, value, 1).as_text()}", 422)

    assert answer["code"] == "cursor-not-valid"


def test_sparse_answers_have_only_what_was_asked_for(kits):
    answer = get("fields=slug,price&fields=is_in_stock&page_size=1&ordering=price")
    page = APIClient().get(f"{URL}kit-0/?fields=slug,variants").json()

    price = {"amount": "0.50", "currency": "USD"}
    assert answer["results"] == [{"slug": "kit-0", "price": price, "is_in_stock": False}]
    assert answer["count"] == 7
    assert set(page) == {"slug", "variants"}
    assert list(get("fields=password", 400)["errors"]) == ["fields"]


@pytest.fixture
def shelf():
    """Two HG, one of them reduced and in stock, and an MG in two categories."""
    show(
        draft_product("zaku", attributes={"grade": "HG", "series": "MSG"}, categories=frozenset({("Kits", "HG")})),
        draft_product(
            "gouf",
            attributes={"grade": "HG", "series": "MSG"},
            categories=frozenset({("Kits", "HG")}),
            variants=(draft_variant("G-1", "12.00", compare_at_amount=Decimal(15)),),
        ),
        draft_product(
            "sazabi",
            attributes={"grade": "MG", "series": "CCA", "release_year": 2013},
            categories=frozenset({("Kits", "MG"), ("Sale",)}),
            variants=(draft_variant("S-1", "90.00"),),
        ),
    )
    StockItemFactory(variant=ProductVariant.objects.get(sku="G-1"), on_hand=1)


def facets(query):
    found = get(query)["facets"]
    return {
        name: value if name == "price" else {v["value"]: v["count"] for v in value} for name, value in found.items()
    }


def test_facets_count_the_whole_list(shelf):
    assert facets("facets=category,attribute.grade,attribute.release_year&facets=price,on_offer,is_in_stock") == {
        "category": {"kits": 3, "hg": 2, "mg": 1, "sale": 1},
        "attribute.grade": {"HG": 2, "MG": 1},
        "attribute.release_year": {"2013": 1},
        "price": {"lowest": "12.00", "highest": "90.00"},
        "on_offer": {"false": 2, "true": 1},
        "is_in_stock": {"false": 2, "true": 1},
    }


def test_facets_count_what_fits_every_other_filter(shelf, django_assert_max_num_queries):
    query = "attribute.grade=HG&price__lt=50&facets=attribute.grade,attribute.series,category,price,product_type"
    get("attribute.grade=HG&price__lt=50")
    with django_assert_max_num_queries(1):
        found = facets(query)

    assert found == {
        "attribute.grade": {"HG": 2},
        "attribute.series": {"MSG": 2},
        "category": {"kits": 2, "hg": 2},
        "price": {"lowest": "12.00", "highest": "19.00"},
        "product_type": {"model-kit": 2},
    }
    assert facets("attribute.grade=HG&facets=attribute.grade") == {"attribute.grade": {"HG": 2, "MG": 1}}
    assert "facets" not in get("attribute.grade=HG")


@pytest.mark.parametrize("name", ["colour", "attribute.", "price,card", ",".join(f"attribute.a{n}" for n in range(13))])
def test_what_cannot_be_counted_is_refused(shelf, name):
    assert list(get(f"facets={name}", 400)["errors"]) == ["facets"]


def test_offers_brands_and_series_are_filters(shelf):
    assert slugs(get("on_offer=true")) == ["gouf"]
    assert slugs(get("on_offer=false&ordering=price")) == ["zaku", "sazabi"]
    assert slugs(get("series=CCA")) == ["sazabi"]
    assert (get("series=CCA&series=MSG")["count"], get("brand=None")["count"]) == (3, 0)


def test_dates_in_cursors_tell_moments_apart(kits):
    moment = ProductDocument.objects.order_by("pk").first().published_at
    ProductDocument.objects.update(published_at=moment + timedelta(microseconds=1))

    assert [len(page) for page in walk("page_size=3&cursor=")] == [3, 3, 1]
