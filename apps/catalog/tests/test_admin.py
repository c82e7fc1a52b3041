import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from apps.catalog import services
from apps.catalog.models import (
    Attribute,
    AttributeKind,
    Category,
    ProductDocument,
    ProductType,
    Tag,
    TranslatedDocument,
)
from apps.catalog.tests.factories import ProductFactory, ProductVariantFactory, model_kit_type
from apps.common.tests.staff import boss_client
from apps.stores.models import Store

pytestmark = pytest.mark.django_db


def test_categories_are_made_moved_renamed_and_removed_in_the_tree():
    client, add = boss_client(), reverse("admin:catalog_category_add")
    client.post(add, {"name": "Kits", "slug": "", "parent": ""})
    kits = Category.objects.get()
    client.post(add, {"name": "Master grade", "slug": "mg", "parent": kits.pk})
    grade = Category.objects.get(slug="mg")
    product = ProductVariantFactory().product
    product.categories.add(grade)
    services.rebuild_documents(product_ids=[product.pk])
    assert (Category.objects.get_parent(grade), ProductDocument.objects.get().category_slugs) == (kits, ["kits", "mg"])

    change = reverse("admin:catalog_category_change", args=[grade.pk])
    client.post(change, {"name": "Master Grade", "slug": "master", "parent": ""})
    assert Category.objects.get(pk=grade.pk).is_root()
    assert ProductDocument.objects.get().category_slugs == ["master"]

    client.post(reverse("admin:catalog_category_delete", args=[grade.pk]), {"post": "yes"})
    assert ProductDocument.objects.get().category_slugs == []


def test_a_category_is_not_put_into_itself_and_the_page_says_so():
    client = boss_client()
    kits = Category.objects.add_root({"slug": "kits", "name": "Kits"})
    child = Category.objects.add_child(kits, {"slug": "mg", "name": "Master grade"})

    change = reverse("admin:catalog_category_change", args=[kits.pk])
    answer = client.post(change, {"name": "Kits", "slug": "kits", "parent": child.pk}, follow=True)

    assert "A category cannot stand inside itself." in answer.content.decode()
    assert Category.objects.get_parent(Category.objects.get(slug="mg")) == kits


def test_a_category_with_others_in_it_is_not_removed():
    kits = Category.objects.add_root({"slug": "kits", "name": "Kits"})
    Category.objects.add_child(kits, {"slug": "mg", "name": "Master grade"})

    address = reverse("admin:catalog_category_delete", args=[kits.pk])
    answer = boss_client().post(address, {"post": "yes"}, follow=True)

    assert "Other categories stand in Kits; move them first." in answer.content.decode()
    assert Category.objects.count() == 2


def test_a_tag_is_renamed_and_removed_everywhere():
    client, product = boss_client(), ProductVariantFactory().product
    tag = Tag.objects.create(slug="new", name="New")
    product.tags.add(tag)

    client.post(reverse("admin:catalog_tag_change", args=[tag.pk]), {"name": "Just in"})
    assert ProductDocument.objects.get().detail["tags"] == [{"slug": "new", "name": "Just in"}]

    client.post(reverse("admin:catalog_tag_delete", args=[tag.pk]), {"post": "yes"})
    assert ProductDocument.objects.get().tag_slugs == []


def test_an_attribute_that_products_use_stays_with_the_type():
    client, kind = boss_client(), model_kit_type()
    ProductFactory(product_type=kind, attributes={"grade": "MG"})
    series = Attribute.objects.get(code="series")

    change = reverse("admin:catalog_producttype_change", args=[kind.pk])
    answer = client.post(change, {"type-name": "Kit", "type-tax_class": "standard", "type-attributes": [series.pk]})

    assert "Products of this type have a value for: Grade." in answer.content.decode()
    assert ProductType.objects.get(pk=kind.pk).attributes.count() == 3


def test_a_store_that_is_renamed_is_renamed_on_its_products():
    product = ProductVariantFactory().product
    services.rebuild_documents(product_ids=[product.pk])
    members = {"members-TOTAL_FORMS": 0, "members-INITIAL_FORMS": 0}

    address = reverse("admin:stores_store_change", args=[product.store_id])
    boss_client().post(address, {"name": "Hangar", "slug": "shop", "is_default": "on", "is_active": "on", **members})

    assert Store.objects.get().name == "Hangar"
    assert APIClient().get(f"/api/v1/products/{product.slug}/").json()["store"]["name"] == "Hangar"


def test_choices_of_an_attribute_are_added_and_its_code_and_kind_stay():
    grade = services.ensure_attribute(code="grade", name="Grade", kind=AttributeKind.CHOICE, choices=["HG"])

    change = reverse("admin:catalog_attribute_change", args=[grade.pk])
    new = {"name": "Grade", "choices": "HG,PG", "position": "3", "code": "level", "kind": "number"}
    boss_client().post(change, new)

    grade.refresh_from_db()
    assert (grade.code, grade.kind, grade.choices, grade.position) == ("grade", "choice", ["HG", "PG"], 3)


def test_shelves_and_attributes_are_named_in_every_language():
    client, product = boss_client(), ProductVariantFactory().product
    tag, kits = Tag.objects.create(slug="new", name="New"), Category.objects.add_root({"slug": "kits", "name": "Kits"})
    grade = services.ensure_attribute(code="grade", name="Grade", kind=AttributeKind.CHOICE, choices=["HG"])
    product.tags.add(tag)
    product.categories.add(kits)

    client.post(reverse("admin:catalog_tag_change", args=[tag.pk]), {"name": "New", "name_pt": "Novo"})
    address = reverse("admin:catalog_category_change", args=[kits.pk])
    client.post(address, {"name": "Kits", "slug": "kits", "parent": "", "name_es": "Maquetas"})
    named = {"name": "Grade", "choices": "HG", "position": "0", "name_pt": "Grau", "choices_pt": "HG: Alto grau"}
    client.post(reverse("admin:catalog_attribute_change", args=[grade.pk]), named)

    grade.refresh_from_db()
    assert (grade.names, grade.choice_names) == ({"pt": "Grau"}, {"pt": {"HG": "Alto grau"}})
    said = {document.language: document.detail for document in TranslatedDocument.objects.all()}
    assert said["pt"]["tags"] == [{"slug": "new", "name": "Novo"}]
    assert said["es"]["categories"][0]["name"] == "Maquetas"
    assert "Maquetas" in client.get(address).content.decode()
