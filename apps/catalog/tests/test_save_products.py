from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog import services
from apps.catalog.exceptions import ProductInvalid
from apps.catalog.models import Category, Product, ProductDocument, ProductVariant, Tag
from apps.catalog.tests.factories import draft_product, draft_variant, model_kit_type, show
from apps.common import audit
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db


def save(*drafts, store=None):
    model_kit_type()
    return services.save_products(store=store or StoreFactory(), drafts=drafts)


def errors_of(draft):
    with pytest.raises(ProductInvalid) as refusal:
        save(draft)
    return refusal.value.errors


def test_makes_the_product_with_all_that_belongs_to_it():
    saved = save(
        draft_product(
            "char-zaku",
            name="Char's Zaku",
            attributes={"grade": "HG", "release_year": "2020"},
            categories=frozenset({("Model kits", "High Grade")}),
            tags=frozenset({"zeon", "red-comet"}),
            variants=(
                draft_variant("CZ-1", "19.00", options={"Edition": "Standard"}),
                draft_variant("CZ-2", "25.50", options={"Edition": "Clear"}, weight_grams=310, barcode="20580"),
            ),
        )
    )

    product = Product.objects.get(slug="char-zaku")
    assert saved.created == ["char-zaku"]
    assert (product.status, product.attributes) == ("published", {"grade": "HG", "release_year": 2020})
    assert [c.slug for c in product.categories.all()] == ["high-grade"]
    assert ProductDocument.objects.get().category_slugs == ["high-grade", "model-kits"]
    assert sorted(tag.name for tag in product.tags.all()) == ["red comet", "zeon"]
    assert list(product.variants.order_by("position").values_list("sku", "price_amount", "currency")) == [
        ("CZ-1", Decimal("19.00"), "USD"),
        ("CZ-2", Decimal("25.50"), "USD"),
    ]


def test_leaves_what_is_stored_like_that_already():
    draft = draft_product(tags=frozenset({"zeon"}), categories=frozenset({("Kits",)}), attributes={"release_year": "1"})
    save(draft)
    before = Product.objects.get().updated_at

    saved = save(draft)

    assert (saved.created, saved.updated, saved.unchanged) == ([], [], ["zaku"])
    assert Product.objects.get().updated_at == before


def test_stops_selling_a_variant_that_is_left_out_and_takes_it_up_again():
    both = (draft_variant("A", options={"Size": "M"}), draft_variant("B", options={"Size": "L"}))
    save(draft_product(variants=both))
    kept = ProductVariant.objects.get(sku="B").pk

    save(draft_product(variants=both[:1]))
    assert dict(ProductVariant.objects.values_list("sku", "is_active")) == {"A": True, "B": False}

    save(draft_product(variants=both))
    assert ProductVariant.objects.get(sku="B", is_active=True).pk == kept


def test_replaces_categories_and_tags():
    save(draft_product(categories=frozenset({("Kits",)}), tags=frozenset({"zeon", "green"})))

    save(draft_product(categories=frozenset({("Sale",)}), tags=frozenset({"green"})))

    document = ProductDocument.objects.get()
    assert (document.category_slugs, document.tag_slugs) == (["sale"], ["green"])


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"name": " "}, "name", "This must not be empty."),
        ({"name": "a\0b"}, "name", "This holds a NUL character."),
        ({"name": "x" * 201}, "name", "This has 201 characters; 200 fit."),
        ({"slug": "no slug"}, "slug", "“no slug” is no slug; use letters, digits, hyphens and underscores."),
        ({"slug": "0" * 32}, "slug", "An address that reads like an id would be taken for one."),
        ({"product_type": "robot"}, "product_type", "There is no product type “robot”."),
        ({"attributes": {"grade": "XX"}}, "attributes.grade", "“XX” is not among HG, MG."),
        ({"attributes": {"release_year": "old"}}, "attributes.release_year", "“old” is not a number."),
        (
            {"attributes": {"release_year": "1e9999999"}},
            "attributes.release_year",
            "“1e9999999” is not a number we can keep.",
        ),
        ({"attributes": {"release_year": "NaN"}}, "attributes.release_year", "“NaN” is not a number we can keep."),
        ({"attributes": {"size": "1"}}, "attributes.size", "Products of this type do not have this attribute."),
        ({"tags": frozenset({"a b"})}, "tags", "“a b” is no slug; use letters, digits, hyphens and underscores."),
        ({"categories": frozenset({()})}, "categories", "A path needs at least one name."),
        ({"variants": (draft_variant(price="-1"),)}, "variants.0.price_amount",
         "An amount is not negative and below 10^12."),
        ({"variants": (draft_variant(price="NaN"),)}, "variants.0.price_amount",
         "An amount is not negative and below 10^12."),
        ({"variants": (draft_variant(price="1.00001"),)}, "variants.0.price_amount",
         "An amount has at most four decimal places."),
        ({"variants": (draft_variant(compare_at_amount=Decimal("19.00")),)}, "variants.0.compare_at_amount",
         "The price before an offer must be above the price."),
        ({"variants": (draft_variant(weight_grams=-1),)}, "variants.0.weight_grams",
         "A weight lies between 0 and 10000000 grams."),
        ({"variants": (draft_variant("A"), draft_variant("A", options={"Size": "M"}))}, "variants.1.sku",
         "Another variant of this product has the same SKU."),
        ({"variants": (draft_variant("A"), draft_variant("B"))}, "variants.1.options",
         "Nothing tells this variant from another one of this product."),
    ],
)  # fmt: skip
def test_refuses_a_faulty_draft_and_names_the_field(changes, field, message):
    values = {"slug": "zaku", **changes}

    assert errors_of(draft_product(**values)) == {field: [message]}
    assert not Product.objects.exists()


def test_refuses_a_price_that_cannot_be_compared_with_the_one_before():
    variant = draft_variant(price="NaN", compare_at_amount=Decimal(5))

    assert list(errors_of(draft_product(variants=(variant,)))) == ["variants.0.price_amount"]


def test_refuses_the_sku_of_another_product_and_the_slug_of_another_store():
    save(draft_product("gouf", variants=(draft_variant("SHARED"),)))
    other = StoreFactory(slug="other")

    assert errors_of(draft_product("zaku", variants=(draft_variant("SHARED"),))) == {
        "variants.0.sku": ["Another product has the SKU “SHARED”."]
    }
    with pytest.raises(ProductInvalid) as refusal:
        save(draft_product("gouf", variants=(draft_variant("NEW"),)), store=other)
    assert refusal.value.errors == {"slug": ["Another product has this slug."]}


def test_writes_all_or_none():
    with pytest.raises(ProductInvalid):
        save(draft_product("good"), draft_product("bad", name=""))

    assert not Product.objects.exists()
    assert not Tag.objects.exists()


def test_a_hundred_products_cost_as_many_statements_as_ten():
    model_kit_type()
    store = StoreFactory()
    few = [draft_product(f"few-{n}", tags=frozenset({f"few-{n}"})) for n in range(10)]
    many = [draft_product(f"many-{n}", tags=frozenset({f"many-{n}"})) for n in range(100)]

    with CaptureQueriesContext(connection) as for_few:
        services.save_products(store=store, drafts=few)
    with CaptureQueriesContext(connection) as for_many:
        services.save_products(store=store, drafts=many)

    assert len(for_many) == len(for_few)


def test_two_categories_with_one_name_get_addresses_of_their_own():
    save(draft_product(categories=frozenset({("Tools", "Other"), ("Paint", "Other")})))

    assert sorted(Category.objects.values_list("slug", flat=True)) == ["other", "paint", "tools", "tools-other"]


@pytest.mark.django_db(transaction=True)
def test_leaves_no_invariant_broken():
    show(
        draft_product("zaku", tags=frozenset({"zeon"}), attributes={"grade": "HG"}),
        draft_product("gouf", categories=frozenset({("Kits", "High Grade")}), is_featured=True),
    )
    save(draft_product("zaku", variants=()))

    assert list(audit.run()) == []
