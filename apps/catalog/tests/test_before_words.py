import pytest
from django.apps import apps

from apps.catalog.models import Attribute, Category, Product, Tag
from apps.common import sql

pytestmark = pytest.mark.django_db

AS_BEFORE = [
    "INSERT INTO stores_store (public_id, slug, name, email, base_currency, is_default, is_active)"
    " VALUES (gen_random_uuid(), 'kits', 'Kits', '', 'USD', true, true)",
    "INSERT INTO catalog_producttype (code, name, tax_class) VALUES ('kit', 'Kit', 'standard')",
    "INSERT INTO catalog_attribute (code, name, kind, choices, position) VALUES ('grade', 'Grade', 'text', '{}', 0)",
    "INSERT INTO catalog_category (path, depth, numchild, slug, name) VALUES ('0001', 1, 0, 'hg', 'HG')",
    "INSERT INTO catalog_tag (slug, name) VALUES ('zeon', 'zeon')",
    "INSERT INTO catalog_product"
    " (public_id, store_id, product_type_id, slug, name, description, attributes, status, is_featured)"
    " SELECT gen_random_uuid(), store.id, kind.id, 'zaku', 'Zaku', '', '{}', 'draft', false"
    " FROM stores_store store, catalog_producttype kind",
]


def test_a_process_that_knows_nothing_of_words_may_still_write():
    """One that began before the migration, and is restarted after it."""
    for statement in AS_BEFORE:
        sql.execute(statement)

    product, attribute = Product.objects.get(), Attribute.objects.get()
    assert (product.specifications, product.seo_title, product.seo_description, product.translations) == (
        [],
        "",
        "",
        {},
    )
    assert (attribute.names, attribute.choice_names) == ({}, {})
    assert (Category.objects.get().names, Tag.objects.get().names) == ({}, {})
    events = [apps.get_model("catalog", f"{kind}Event").objects.get() for kind in ("Product", "Category")]
    assert (events[0].translations, events[1].names) == ({}, {})
