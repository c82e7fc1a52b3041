from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog import services
from apps.catalog.models import Category, DocumentCount, Product, ProductDocument, Tag
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.common import audit
from apps.common.exceptions import DomainError
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


def kept(key):
    return sum(DocumentCount.objects.filter(key=key).values_list("documents", flat=True))


def test_the_card_shows_the_lowest_price_and_the_highest_beside_it():
    show(
        draft_product(
            variants=(
                draft_variant("A", "30.00", options={"Size": "L"}),
                draft_variant("B", "20.00", options={"Size": "M"}, compare_at_amount=Decimal("25.00")),
            )
        )
    )

    card = ProductDocument.objects.get().card
    assert card["price"] == {"amount": "20.00", "currency": "USD"}
    assert card["price_to"] == {"amount": "30.00", "currency": "USD"}
    assert card["compare_at_price"] == {"amount": "25.00", "currency": "USD"}


def test_the_card_of_a_single_price_names_no_other():
    (zaku,) = show(draft_product("zaku", name="Zaku II", attributes={"grade": "HG"}, is_featured=True))

    assert ProductDocument.objects.get().card == {
        "id": str(zaku.public_id),
        "slug": "zaku",
        "name": "Zaku II",
        "product_type": "model-kit",
        "price": {"amount": "19.00", "currency": "USD"},
        "price_to": None,
        "compare_at_price": None,
        "offer_ends_at": None,
        "image": None,
        "is_featured": True,
        "rating": None,
        "attributes": {"grade": "HG"},
    }


def test_names_order_without_regard_to_accents_and_capitals():
    show(*(draft_product(f"p-{n}", name=name) for n, name in enumerate(["zaku", "Ángel", "Bolinoak", "angelo"])))

    names = ProductDocument.objects.order_by("sort_name").values_list("name", flat=True)
    assert list(names) == ["Ángel", "angelo", "Bolinoak", "zaku"]


def test_a_renamed_category_is_renamed_on_every_product_below():
    show(draft_product(categories=frozenset({("Kits", "High Grade")})))
    kits = Category.objects.get(slug="kits")

    services.rename_category(category_id=kits.pk, name="Model kits", slug="model-kits")

    document = ProductDocument.objects.get()
    assert document.category_slugs == ["high-grade", "model-kits"]
    assert document.detail["categories"][0]["path"] == [
        {"slug": "model-kits", "name": "Model kits"},
        {"slug": "high-grade", "name": "High Grade"},
    ]
    assert (kept("category:kits"), kept("category:model-kits")) == (0, 1)


def test_a_moved_category_takes_its_products_along():
    show(
        draft_product(categories=frozenset({("Kits", "High Grade")})),
        draft_product("cap", categories=frozenset({("Wear",)})),
    )
    moved, target = Category.objects.get(slug="high-grade"), Category.objects.get(slug="wear")

    services.move_category(category_id=moved.pk, parent_id=target.pk)

    assert ProductDocument.objects.get(slug="zaku").category_slugs == ["high-grade", "wear"]
    assert (kept("category:kits"), kept("category:wear")) == (0, 2)


def test_a_category_at_the_root_has_no_one_above():
    show(draft_product(categories=frozenset({("Kits", "High Grade")})))

    services.move_category(category_id=Category.objects.get(slug="high-grade").pk, parent_id=None)

    assert ProductDocument.objects.get().category_slugs == ["high-grade"]


def test_a_renamed_tag_is_renamed_on_its_products():
    show(draft_product(tags=frozenset({"zeon"})))

    services.rename_tag(tag_id=Tag.objects.get().pk, name="Principality of Zeon")

    assert ProductDocument.objects.get().detail["tags"] == [{"slug": "zeon", "name": "Principality of Zeon"}]


def test_counts_follow_what_is_shown():
    zaku, _ = show(
        draft_product("zaku", tags=frozenset({"zeon"}), attributes={"grade": "HG"}, is_featured=True),
        draft_product("gouf", tags=frozenset({"zeon"})),
    )
    assert [kept(key) for key in ("all", "tag:zeon", "attribute:grade=HG", "is_featured")] == [2, 2, 1, 1]

    services.update_product(product_id=zaku.pk, attributes={"grade": "MG"}, is_featured=False)
    assert [kept(key) for key in ("all", "attribute:grade=HG", "attribute:grade=MG", "is_featured")] == [2, 0, 1, 0]

    services.delete_product(product_id=zaku.pk)
    assert [kept(key) for key in ("all", "tag:zeon", "attribute:grade=MG", "product_type:model-kit")] == [1, 1, 0, 1]


def test_many_documents_cost_as_many_statements_as_one():
    products = show(*(draft_product(f"p-{n}", categories=frozenset({("Kits", f"K{n}")})) for n in range(30)))

    with CaptureQueriesContext(connection) as for_one:
        services.rebuild_documents(product_ids=[products[0].pk])
    with CaptureQueriesContext(connection) as for_all:
        services.rebuild_documents(product_ids=[product.pk for product in products])

    assert len(for_one) == len(for_all)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_moment_lose_no_count():
    products = show(*(draft_product(f"p-{n}", tags=frozenset({"zeon"})) for n in range(8)))

    results = race(*(lambda pk=product.pk: services.archive_product(product_id=pk) for product in products[:6]))

    assert [type(result) for result in results] == [Product] * 6
    assert (kept("all"), kept("tag:zeon")) == (2, 2)
    assert list(audit.run()) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_product_that_is_changed_while_its_category_is_renamed_shows_the_new_name():
    products = show(*(draft_product(f"p-{n}", categories=frozenset({("Kits",)})) for n in range(6)))
    kits = Category.objects.get()

    results = race(
        lambda: services.rename_category(category_id=kits.pk, name="Model kits", slug="model-kits"),
        *(lambda pk=product.pk: services.update_product(product_id=pk, is_featured=True) for product in products),
    )

    assert refusals(results, DomainError) == 0
    assert {tuple(document.category_slugs) for document in ProductDocument.objects.all()} == {("model-kits",)}
