import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.catalog import selectors, services
from apps.catalog.models import Search, SearchAction, SearchSynonym, SearchText, SearchWord
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.common.tests.staff import boss_client

pytestmark = pytest.mark.django_db

SEARCH, SUGGEST, ACTIONS = (f"/api/v1/products/{name}/" for name in ("search", "suggest", "search/actions"))


@pytest.fixture
def shelf():
    return show(
        draft_product(
            "zaku",
            name="HG Zaku II",
            description="Con espadas y cañón, <b>green</b> as grass.",
            tags=frozenset({"zeon"}),
            variants=(draft_variant("GK-HG-0003", barcode="2058001001142"),),
        ),
        draft_product("chars-zaku", name="HG Char's Zaku II", tags=frozenset({"zeon"})),
        draft_product("kampfer", name="HG Kämpfer", description="Brings a shotgun to Zaku's fight."),
        draft_product("mk-ii", name="RG Gundam Mk-II"),
    )


def search(q, status=200, **params):
    answer = APIClient().get(SEARCH, {"q": q, **params})
    assert answer.status_code == status, answer.content
    return answer.json()


def found(q, **params):
    return [card["slug"] for card in search(q, **params)["results"]]


def test_what_has_the_words_in_its_name_stands_before_what_only_speaks_of_them(shelf):
    assert found("zaku") == ["zaku", "chars-zaku", "kampfer"]


@pytest.mark.parametrize(
    ("typed", "first", "meant"),
    [
        ("gumdam", "mk-ii", "gundam"),
        ("zaku ll", "zaku", "zaku ii"),
        ("kampfer", "kampfer", None),
        ("KÄMPFER", "kampfer", None),
        ("kampefr", "kampfer", "kampfer"),
        ("mk2", "mk-ii", None),
        ("mk 2", "mk-ii", None),
        ("espada canon", "zaku", None),
        ("shotguns", "kampfer", None),
    ],
)
def test_misspelt_words_and_other_spellings_find_what_was_meant(shelf, typed, first, meant):
    answer = search(typed)

    assert (answer["results"][0]["slug"], answer["did_you_mean"]) == (first, meant)


@pytest.mark.parametrize("typed", ["GK-HG-0003", "gk hg 0003", "2058001001142"])
def test_a_sku_or_barcode_finds_its_product(shelf, typed):
    assert found(typed) == ["zaku"]


def test_where_no_product_has_all_words_those_with_some_are_shown_as_such(shelf):
    answer = search("green kampfer")

    assert (answer["is_partial"], answer["count"]) == (True, 2)
    assert search("green zaku")["is_partial"] is False
    assert search("xyzzy") | {"search": None} == {
        "search": None,
        "did_you_mean": None,
        "is_partial": False,
        "count": 0,
        "next": None,
        "previous": None,
        "rate": None,
        "results": [],
    } | {"rate": search("xyzzy")["rate"]}


def test_a_synonym_holds_from_the_next_search_on(shelf):
    assert found("bazooka") == []

    page = "/admin/catalog/searchsynonym/add/"
    assert boss_client().post(page, {"terms": "Bazooka, SHÓTGUN"}).status_code == 302

    assert SearchSynonym.objects.get().terms == ["bazooka", "shotgun"]
    assert found("bazooka") == ["kampfer"]


def test_what_fits_is_marked_in_plain_text(shelf):
    first = search("zaku green")["results"][0]["highlight"]

    assert first["name"] == [
        {"text": "HG ", "is_match": False},
        {"text": "Zaku", "is_match": True},
        {"text": " II", "is_match": False},
    ]
    assert "".join(part["text"] for part in first["description"]) == "Con espadas y cañón, <b>green</b> as grass."
    assert [part["text"] for part in first["description"] if part["is_match"]] == ["green"]


def test_filters_orders_facets_and_pages_hold_for_a_search(shelf):
    services.update_product(product_id=shelf[1].pk, variants=(draft_variant("CHARS-ZAKU-1", "9.00"),))

    assert found("zaku", tags="zeon", price__lt="10") == ["chars-zaku"]
    assert found("zaku", ordering="price")[0] == "chars-zaku"
    assert search("zaku", facets="tags")["facets"] == {"tags": [{"value": "zeon", "count": 2}]}
    second = search("zaku", page_size=2, page=2)
    assert [card["slug"] for card in second["results"]] == ["kampfer"]
    assert (second["count"], second["next"], second["previous"].count("q=zaku")) == (3, None, 1)
    search("zaku", 404, page=3)
    search("zaku", 400, ordering="luck")
    search(" - ", 400)
    search("z" * 101, 400)


@pytest.mark.parametrize("typed", ["zaku", "char zaku gumdam", "xyzzy xyzzz"])
def test_a_search_takes_four_statements_and_suggestions_two(shelf, typed, django_assert_max_num_queries):
    search("zaku")

    with django_assert_max_num_queries(4):
        search(typed, facets="tags,category", tags="zeon")
    with django_assert_max_num_queries(2):
        APIClient().get(SUGGEST, {"q": typed})


def test_suggestions_follow_what_is_being_typed(shelf):
    answer = APIClient().get(SUGGEST, {"q": "gundam m"}).json()

    assert answer == {
        "did_you_mean": None,
        "products": [
            {
                "slug": "mk-ii",
                "name": [
                    {"text": "RG ", "is_match": False},
                    {"text": "Gundam", "is_match": True},
                    {"text": " Mk-II", "is_match": False},
                ],
                "image": None,
            }
        ],
    }
    assert APIClient().get(SUGGEST, {"q": "kämpf"}).json()["products"][0]["slug"] == "kampfer"
    assert APIClient().get(SUGGEST, {"q": "gumda"}).json()["did_you_mean"] == "gundam"


def test_the_next_search_knows_what_has_changed(shelf):
    assert found("dom") == []

    services.update_product(product_id=shelf[2].pk, name="HG Dom")
    assert found("dom") == found("don") == ["kampfer"]

    services.delete_product(product_id=shelf[2].pk)
    assert found("dom") == []
    assert SearchText.objects.count() == 3


def test_each_search_is_written_down_without_a_person(shelf):
    search("  ZAKU   ii ")
    search("zaku", page_size=2, page=2)
    assert search("ada@example.test")["search"] is None
    assert search("+58 412 123 45 67")["search"] is None

    rows = list(Search.objects.order_by("pk").values_list("term", "page", "hits", "is_partial"))
    assert rows == [("zaku ii", 1, 2, False), ("zaku", 2, 3, False)]


def test_a_search_that_cannot_be_written_down_is_answered(shelf):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_search ADD CONSTRAINT full_up CHECK (hits < 0)")

    answer = search("zaku")

    assert (answer["search"], answer["count"]) == (None, 3)


def test_staff_see_what_is_searched_most_and_in_vain_and_what_came_of_it(shelf):
    first = search("zaku")["search"]
    search("zaku")
    search("xyzzy")
    for told in [{"product": "zaku"}, {"product": "zaku"}, {"product": "zaku", "kind": "put_in_cart"}]:
        assert APIClient().post(ACTIONS, {"search": first, **told}, format="json").status_code == 204
    unknown = {"search": "00000000-0000-4000-8000-000000000000", "product": "zaku"}
    assert APIClient().post(ACTIONS, unknown, format="json").status_code == 204

    assert SearchAction.objects.count() == 2
    top, in_vain = (selectors.top_terms(days=7, most=5, is_in_vain=only) for only in (False, True))
    assert [(term.term, term.searches, term.opened_percent, term.put_in_cart_percent) for term in top] == [
        ("zaku", 2, 50, 50),
        ("xyzzy", 1, 0, 0),
    ]
    assert [term.term for term in in_vain] == ["xyzzy"]
    page = boss_client().get("/admin/catalog/search/").content.decode()
    assert "Searches: 3, Led to a product: 1, Led to a cart: 1, In vain: 1" in page


def test_the_sweep_forgets_old_searches_and_words_that_are_gone(shelf, settings):
    search("zaku")
    services.delete_product(product_id=shelf[2].pk)
    SearchWord.objects.create(word="zaku")
    assert services.sweep_searches() == 0
    assert SearchWord.objects.filter(word="zaku").count() == 1
    assert not SearchWord.objects.filter(word="shotgun").exists()

    settings.SEARCH_LOG_KEEP_DAYS = -1
    assert services.sweep_searches() == 1
    assert not Search.objects.exists()
