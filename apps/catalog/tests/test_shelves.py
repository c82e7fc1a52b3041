import pytest

from apps.catalog import services
from apps.catalog.exceptions import CategoryInvalid
from apps.catalog.models import Category, ProductDocument
from apps.catalog.tests.factories import draft_product, show

pytestmark = pytest.mark.django_db


def names():
    return [(category.depth, category.name, category.slug) for category in Category.objects.order_by("path")]


def test_a_category_gets_a_slug_of_its_name_and_stands_in_order():
    kits = services.add_category(name="Kits", parent_id=None)
    services.add_category(name="Real Grade", parent_id=kits.pk)
    services.add_category(name="High Grade", parent_id=kits.pk, slug="hg")
    services.add_category(name="Acrylics", parent_id=None)

    assert names() == [
        (1, "Acrylics", "acrylics"),
        (1, "Kits", "kits"),
        (2, "High Grade", "hg"),
        (2, "Real Grade", "real-grade"),
    ]


def test_the_same_name_elsewhere_takes_the_names_above_into_its_slug():
    kits, tools = (services.add_category(name=name, parent_id=None) for name in ("Kits", "Tools"))

    services.add_category(name="New", parent_id=kits.pk)
    services.add_category(name="New", parent_id=tools.pk)

    assert names() == [(1, "Kits", "kits"), (2, "New", "new"), (1, "Tools", "tools"), (2, "New", "tools-new")]


@pytest.mark.parametrize(("name", "slug", "field"), [("Kits", "", "name"), ("Tools", "kits", "slug")])
def test_a_second_one_of_the_same_name_or_slug_is_refused(name, slug, field):
    services.add_category(name="Kits", parent_id=None)

    with pytest.raises(CategoryInvalid) as refusal:
        services.add_category(name=name, parent_id=None, slug=slug)

    assert list(refusal.value.errors) == [field]
    assert names() == [(1, "Kits", "kits")]


def test_products_of_a_removed_category_stay_in_the_shop():
    show(draft_product(categories=frozenset({("Kits", "High Grade")})))

    services.remove_category(category_id=Category.objects.get(name="High Grade").pk)

    assert names() == [(1, "Kits", "kits")]
    assert ProductDocument.objects.get().category_slugs == []


def test_a_category_with_others_in_it_is_not_removed():
    show(draft_product(categories=frozenset({("Kits", "High Grade")})))

    with pytest.raises(CategoryInvalid):
        services.remove_category(category_id=Category.objects.get(name="Kits").pk)

    assert len(names()) == 2
    assert ProductDocument.objects.get().category_slugs == ["high-grade", "kits"]


def test_a_removed_tag_leaves_every_product():
    (zaku,) = show(draft_product(tags=frozenset({"zeon"})))

    services.remove_tag(tag_id=zaku.tags.get().pk)

    assert ProductDocument.objects.get().tag_slugs == []
