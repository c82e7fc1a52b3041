from copy import copy
from decimal import Decimal

import factory
from django.utils import timezone

from apps.catalog import services
from apps.catalog.documents import ProductParts
from apps.catalog.drafts import ProductDraft, VariantDraft
from apps.catalog.models import AttributeKind, Product, ProductStatus, ProductType, ProductVariant
from apps.catalog.services.documents import write_documents
from apps.stores.tests.factories import StoreFactory


class ProductTypeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductType
        django_get_or_create = ("code",)

    code = "model-kit"
    name = "Model kit"


class ProductFactory(factory.django.DjangoModelFactory):
    """A published product without variants."""

    class Meta:
        model = Product

    store = factory.SubFactory(StoreFactory)
    product_type = factory.SubFactory(ProductTypeFactory)
    slug = factory.Sequence(lambda n: f"product-{n}")
    name = factory.Sequence(lambda n: f"Product {n}")
    status = ProductStatus.PUBLISHED
    published_at = factory.LazyFunction(timezone.now)


class NewProductFactory(ProductFactory):
    """One that has nothing yet: its first variant writes the document without looking for the rest."""

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        product = super()._create(model_class, *args, **kwargs)
        product.has_nothing_yet = True
        return product


class ProductVariantFactory(factory.django.DjangoModelFactory):
    """A variant for 10.00 USD of a product of its own; it has no stock until a StockItemFactory gives it some."""

    class Meta:
        model = ProductVariant
        skip_postgeneration_save = True

    product = factory.SubFactory(NewProductFactory)
    sku = factory.Sequence(lambda n: f"SKU-{n}")
    price_amount = Decimal("10.00")

    @factory.post_generation
    def document(self, create, extracted, **kwargs):
        if not create:
            return
        is_shown = self.is_active and self.product.is_visible_at(timezone.now())
        if vars(self.product).pop("has_nothing_yet", False) and is_shown:
            write_documents([ProductParts(self.product, [as_kept(self)], images=[], branches=[], tags=[])])
        else:
            services.rebuild_documents(product_ids=[self.product_id])


def as_kept(variant):
    """As it will be read, whatever the test has given for a price."""
    kept = copy(variant)
    kept.price_amount = Decimal(kept.price_amount)
    kept.compare_at_amount = None if kept.compare_at_amount is None else Decimal(kept.compare_at_amount)
    return kept


def model_kit_type():
    """The type `model-kit` with an attribute of each kind: grade (HG, MG), series, release_year."""
    grade = services.ensure_attribute(code="grade", name="Grade", kind=AttributeKind.CHOICE, choices=["HG", "MG"])
    series = services.ensure_attribute(code="series", name="Series", position=1)
    year = services.ensure_attribute(code="release_year", name="Year", kind=AttributeKind.NUMBER, position=2)
    return services.ensure_product_type(code="model-kit", name="Model kit", attributes=[grade, series, year])


def draft_variant(sku="ZAKU-1", price="19.00", **values):
    return VariantDraft(sku=sku, price_amount=Decimal(price), **values)


def draft_product(slug="zaku", **values):
    """A draft that can be saved once its type exists; its SKU is made from the slug."""
    given = {"name": slug.title(), "product_type": "model-kit", "variants": (draft_variant(f"{slug.upper()}-1"),)}
    return ProductDraft(slug=slug, **{**given, **values})


def show(*drafts):
    """Save drafts as published products of the default store, in this order, and return them."""
    model_kit_type()
    services.save_products(store=StoreFactory(), drafts=drafts)
    by_slug = {product.slug: product for product in Product.objects.filter(slug__in=[draft.slug for draft in drafts])}
    return [by_slug[draft.slug] for draft in drafts]
