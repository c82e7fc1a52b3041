import pytest
from rest_framework.test import APIClient

from apps.catalog.models import Category, Product, ProductDocument, ProductStatus, Tag
from apps.catalog.tests.factories import ProductVariantFactory, draft_product, model_kit_type, show
from apps.catalog.tests.keeping import catalogue_staff, member_of, staff
from apps.stores.models import StoreRole
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db


def usd(amount):
    return {"amount": amount, "currency": "USD"}


def zaku(**fields):
    return {
        "slug": "zaku",
        "name": "Zaku II",
        "product_type": "model-kit",
        "variants": [{"sku": "ZAKU-1", "price": usd("19.00")}],
        **fields,
    }


def test_a_product_is_made_whole_and_shown_at_once_when_it_is_to_be():
    model_kit_type()
    StoreFactory()
    kits = Category.objects.add_root({"slug": "kits", "name": "Kits"})
    Category.objects.add_child(kits, {"slug": "mg", "name": "Master grade"})
    Tag.objects.create(slug="zeon", name="Zeon")

    made = catalogue_staff().post(
        "products/",
        zaku(
            status="published",
            description="Green",
            attributes={"grade": "MG", "release_year": 1995},
            categories=["mg"],
            tags=["zeon"],
            variants=[
                {
                    "sku": "Z-1",
                    "price": usd("19.00"),
                    "compare_at_price": usd("25.00"),
                    "options": {"Edition": "Plain"},
                },
                {"sku": "Z-2", "price": usd("30.00"), "options": {"Edition": "Clear"}, "weight_grams": 300},
            ],
        ),
    )

    assert made.status_code == 201, made.json()
    body = made.json()
    assert made["ETag"] == f'"{body["version"]}"'
    assert (body["status"], body["categories"], body["tags"]) == ("published", ["mg"], ["zeon"])
    assert body["attributes"] == {"grade": "MG", "release_year": 1995}
    assert [(one["sku"], one["price"], one["compare_at_price"]) for one in body["variants"]] == [
        ("Z-1", usd("19.00"), usd("25.00")),
        ("Z-2", usd("30.00"), None),
    ]
    assert ProductDocument.objects.get().category_slugs == ["kits", "mg"]


def test_a_new_product_is_a_draft_that_only_those_read_who_keep_it():
    model_kit_type()
    StoreFactory()
    keeper = catalogue_staff()
    keeper.post("products/", zaku())

    assert APIClient().get("/api/v1/products/zaku/").status_code == 404
    assert keeper.get("admin/products/zaku/").json()["status"] == "draft"
    assert [one["slug"] for one in keeper.get("admin/products/?status=draft").json()["results"]] == ["zaku"]


def test_what_is_wrong_is_said_by_the_names_of_the_body():
    model_kit_type()
    StoreFactory()

    refused = catalogue_staff().post(
        "products/",
        zaku(variants=[{"sku": "Z-1", "price": usd("19.00"), "compare_at_price": usd("18.00")}]),
    )
    unknown = catalogue_staff().post(
        "products/",
        zaku(categories=["mg"], variants=[{"sku": "Z-1", "price": {"amount": "1.00", "currency": "VES"}}]),
    )

    assert (refused.status_code, sorted(refused.json()["errors"])) == (422, ["variants.0.compare_at_price"])
    assert (unknown.status_code, sorted(unknown.json()["errors"])) == (422, ["categories", "variants.0.price"])
    assert not Product.objects.exists()


def test_a_patch_changes_only_what_is_sent_and_shoppers_see_it_at_once():
    show(draft_product("zaku", description="Green", tags=frozenset({"zeon"})))
    keeper = catalogue_staff()
    version = keeper.get("admin/products/zaku/").json()["version"]

    changed = keeper.patch(
        "products/zaku/",
        {"name": "Zaku II", "variants": [{"sku": "ZAKU-1", "price": usd("21.50")}]},
        version=version,
    )

    assert changed.status_code == 200, changed.json()
    assert (changed.json()["description"], changed.json()["tags"]) == ("Green", ["zeon"])
    assert changed.json()["version"] != version
    seen = APIClient().get("/api/v1/products/zaku/").json()
    assert (seen["name"], seen["price"]["amount"]) == ("Zaku II", "21.50")


def test_a_put_empties_what_is_left_out_and_stops_selling_other_variants():
    show(draft_product("zaku", description="Green", tags=frozenset({"zeon"}), is_featured=True))

    saved = catalogue_staff().put(
        "products/zaku/", zaku(variants=[{"sku": "ZAKU-2", "price": usd("20.00")}]), version="*"
    )

    assert saved.status_code == 200, saved.json()
    body = saved.json()
    assert (body["description"], body["tags"], body["is_featured"], body["status"]) == ("", [], False, "published")
    assert {one["sku"]: one["is_active"] for one in body["variants"]} == {"ZAKU-1": False, "ZAKU-2": True}


def test_of_two_who_change_the_same_version_the_second_is_told_to_read_again():
    show(draft_product("zaku"))
    first, second = catalogue_staff(), catalogue_staff()
    version = first.get("admin/products/zaku/").json()["version"]

    won = first.patch("products/zaku/", {"name": "First"}, version=version)
    lost = second.patch("products/zaku/", {"name": "Second", "status": "archived"}, version=version)

    assert (lost.status_code, lost.json()["code"]) == (409, "product-changed-since")
    assert lost.json()["version"] == won.json()["version"]
    product = Product.objects.get()
    assert (product.name, product.status) == ("First", ProductStatus.PUBLISHED)
    assert second.patch("products/zaku/", {"name": "Second"}, version=lost.json()["version"]).status_code == 200


@pytest.mark.parametrize("header", [None, "19", 'W/"', '""'])
def test_a_change_without_the_version_that_was_read_is_refused(header):
    show(draft_product("zaku"))
    headers = {} if header is None else {"If-Match": header}

    refused = catalogue_staff().patch("products/zaku/", {"name": "Other"}, **headers)

    assert (refused.status_code, refused.json()["code"]) == (422, "if-match-missing")
    assert Product.objects.get().name == "Zaku"


def test_a_deleted_product_leaves_the_shop_and_comes_back():
    show(draft_product("zaku"))
    keeper = catalogue_staff()

    assert keeper.delete("products/zaku/").status_code == 204
    assert keeper.delete("products/zaku/").status_code == 204
    assert APIClient().get("/api/v1/products/zaku/").status_code == 404
    assert keeper.get("admin/products/").json()["count"] == 0
    assert keeper.get("admin/products/?is_deleted=true").json()["count"] == 1

    assert keeper.post("products/zaku/restore/").json()["deleted_at"] is None
    assert APIClient().get("/api/v1/products/zaku/").status_code == 200


def test_the_list_is_narrowed_by_words_shelf_and_store():
    show(
        draft_product("zaku", categories=frozenset({("Kits", "Master grade")})),
        draft_product("gouf", tags=frozenset({"zeon"})),
    )
    keeper = catalogue_staff()

    def found(query):
        return [one["slug"] for one in keeper.get(f"admin/products/?{query}").json()["results"]]

    assert (found("search=GOUF-1"), found("category=kits"), found("tag=zeon")) == (["gouf"], ["zaku"], ["gouf"])
    assert (found("ordering=name"), found("store=nobody"), found("category=none")) == (["gouf", "zaku"], [], [])


def test_a_page_of_kept_products_costs_the_same_however_many_there_are(django_assert_max_num_queries):
    show(*(draft_product(f"kit-{number}", tags=frozenset({"zeon"})) for number in range(12)))
    keeper = catalogue_staff()

    with django_assert_max_num_queries(9):
        assert len(keeper.get("admin/products/").json()["results"]) == 12


def test_whoever_sells_in_a_store_keeps_its_products_and_no_others():
    model_kit_type()
    own, other = StoreFactory(slug="own", is_default=False), ProductVariantFactory().product
    seller = member_of(own)

    made = seller.post("products/", zaku())
    foreign = seller.post("products/", zaku(slug="other", store=other.store.slug))

    assert (made.status_code, made.json()["store"]) == (201, "own")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "store-not-found")
    assert seller.patch(f"products/{other.slug}/", {"name": "Mine"}, version="*").status_code == 404
    assert [one["slug"] for one in seller.get("admin/products/").json()["results"]] == ["zaku"]
    assert seller.patch("products/zaku/", {"status": "published"}, version="*").status_code == 200


def test_a_clerk_of_a_store_and_staff_who_look_change_nothing():
    product = ProductVariantFactory().product
    clerk, looker = member_of(product.store, StoreRole.CLERK), staff("catalog.view_product")

    for keeper in (clerk, looker):
        assert keeper.get(f"admin/products/{product.slug}/").status_code == 200
        assert keeper.patch(f"products/{product.slug}/", {"name": "X"}, version="*").status_code == 403
        assert keeper.post("products/", zaku()).status_code == 403


def test_what_is_featured_is_not_for_members_to_choose():
    show(draft_product("zaku", is_featured=True))
    seller = member_of(Product.objects.get().store)

    kept = seller.put("products/zaku/", zaku(), version="*")
    refused = seller.patch("products/zaku/", {"is_featured": False}, version="*")

    assert (kept.status_code, kept.json()["is_featured"], refused.status_code) == (200, True, 403)


def test_a_store_that_is_not_open_shows_nothing():
    store = StoreFactory(slug="soon", is_default=False, is_active=False, is_awaiting_opening=True)
    model_kit_type()

    refused = member_of(store).post("products/", zaku(status="published"))

    assert (refused.status_code, refused.json()["code"]) == (409, "product-not-publishable")
    assert not Product.objects.exists()


def test_what_was_in_the_shop_is_no_draft_again():
    product = ProductVariantFactory().product

    refused = catalogue_staff().patch(f"products/{product.slug}/", {"status": "draft"}, version="*")

    assert (refused.status_code, sorted(refused.json()["errors"])) == (422, ["status"])
    assert Product.objects.get().status == "published"


def test_what_is_said_in_other_languages_is_kept_and_read_back():
    show(draft_product("shield"), draft_product("zaku"))
    keeper = catalogue_staff()
    texts = {
        "specifications": [{"label": "Height", "value": "13 cm"}],
        "seo": {"title": "Buy it", "description": ""},
        "related": ["shield"],
        "translations": {
            "pt": {
                "name": "Zaku Dois",
                "description": "",
                "specifications": [{"label": "Altura", "value": "13 cm"}],
                "seo": {"title": "", "description": "Verde"},
            }
        },
    }

    changed = keeper.patch("products/zaku/", texts, version="*")

    assert changed.status_code == 200, changed.json()
    assert {name: changed.json()[name] for name in texts} == texts
    page = APIClient().get("/api/v1/products/zaku/?language=pt").json()
    assert (page["name"], page["seo"], page["related"][0]["slug"]) == (
        "Zaku Dois",
        {"title": "Buy it", "description": "Verde"},
        "shield",
    )

    emptied = keeper.put("products/zaku/", zaku(), version="*").json()
    assert (emptied["specifications"], emptied["related"], emptied["translations"]) == ([], [], {})


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"related": ["nothing"]}, "related"),
        ({"translations": {"fr": {"name": "Vert"}}}, "translations.fr"),
        ({"specifications": [{"label": "", "value": "1"}]}, "specifications"),
    ],
)
def test_what_cannot_be_said_is_refused_by_its_name(said, field):
    show(draft_product("zaku"))

    refused = catalogue_staff().patch("products/zaku/", said, version="*")

    assert refused.status_code in (400, 422)
    assert next(iter(refused.json()["errors"])).startswith(field)


def test_shelves_are_named_in_other_languages():
    keeper = catalogue_staff()
    made = keeper.post("categories/", {"name": "Kits", "names": {"pt": "Maquetes", "fr": "Maquettes"}})
    keeper.post("tags/", {"name": "New"})

    assert made.json()["names"] == {"pt": "Maquetes"}
    assert keeper.patch("tags/new/", {"names": {"pt": "Novo"}}).json() == {
        "slug": "new",
        "name": "New",
        "names": {"pt": "Novo"},
    }
