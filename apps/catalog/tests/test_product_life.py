import pytest

from apps.catalog import selectors, services
from apps.catalog.exceptions import ProductInvalid, ProductNotFound, ProductNotPublishable
from apps.catalog.models import ProductDocument, ProductStatus
from apps.catalog.tests.factories import draft_product, draft_variant, model_kit_type, show
from apps.outbox.models import OutboxMessage
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def zaku():
    return show(draft_product("zaku", name="Zaku II", tags=frozenset({"zeon"})))[0]


def is_shown(slug="zaku"):
    return ProductDocument.objects.filter(slug=slug).exists()


def test_a_new_product_is_a_draft_that_nobody_sees():
    model_kit_type()

    product = services.create_product(store=StoreFactory(), draft=draft_product())

    assert (product.status, product.published_at) == (ProductStatus.DRAFT, None)
    assert not is_shown()


def test_a_new_product_cannot_take_the_slug_of_another(zaku):
    with pytest.raises(ProductInvalid) as refusal:
        services.create_product(store=zaku.store, draft=draft_product("zaku", variants=(draft_variant("NEW"),)))

    assert refusal.value.errors == {"slug": ["Another product has this slug."]}


def test_publishing_shows_it_and_keeps_the_first_date():
    model_kit_type()
    product = services.create_product(store=StoreFactory(), draft=draft_product())

    first = services.publish_product(product_id=product.pk).published_at
    services.archive_product(product_id=product.pk)
    again = services.publish_product(product_id=product.pk).published_at

    assert is_shown()
    assert first == again


def test_what_has_nothing_to_sell_cannot_be_published():
    model_kit_type()
    product = services.create_product(store=StoreFactory(), draft=draft_product(variants=()))

    with pytest.raises(ProductNotPublishable):
        services.publish_product(product_id=product.pk)

    product.refresh_from_db()
    assert product.status == ProductStatus.DRAFT


def test_archiving_hides_it(zaku):
    services.archive_product(product_id=zaku.pk)

    assert not is_shown()


def test_deleting_hides_it_and_restoring_brings_it_back(zaku):
    first = services.delete_product(product_id=zaku.pk).deleted_at
    assert services.delete_product(product_id=zaku.pk).deleted_at == first
    assert not is_shown()

    for _ in range(2):
        assert services.restore_product(product_id=zaku.pk).deleted_at is None
    assert is_shown()
    told = OutboxMessage.objects.order_by("pk").values_list("event_type", flat=True)
    assert list(told) == ["catalog.ProductDeleted", "catalog.ProductRestored"]


def test_a_deleted_product_cannot_be_published(zaku):
    services.delete_product(product_id=zaku.pk)

    with pytest.raises(ProductNotPublishable):
        services.publish_product(product_id=zaku.pk)

    assert not is_shown()


def test_a_new_name_is_in_the_next_read(zaku):
    services.update_product(product_id=zaku.pk, name="Zaku II Kai", slug="zaku-kai")

    assert selectors.get_detail("zaku-kai")["name"] == "Zaku II Kai"
    assert selectors.get_detail("zaku-kai")["tags"] == [{"slug": "zeon", "name": "zeon"}]
    assert not is_shown("zaku")


def test_a_change_may_move_a_product_to_another_slug_with_its_skus(zaku):
    changed = services.update_product(product_id=zaku.pk, slug="zaku-2", variants=(draft_variant("ZAKU-1", "21.00"),))

    assert changed.pk == zaku.pk
    assert selectors.get_detail("zaku-2")["price"] == {"amount": "21.00", "currency": "USD"}


def test_a_change_that_makes_it_faulty_changes_nothing(zaku):
    with pytest.raises(ProductInvalid):
        services.update_product(product_id=zaku.pk, name="Zaku", attributes={"grade": "XX"})

    assert selectors.get_detail("zaku")["name"] == "Zaku II"


def test_a_product_that_is_not_there_cannot_be_changed():
    with pytest.raises(ProductNotFound):
        services.update_product(product_id=0, name="x")
