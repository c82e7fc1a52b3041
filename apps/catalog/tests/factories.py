from decimal import Decimal

import factory
from django.utils import timezone

from apps.catalog.models import Product, ProductStatus, ProductType, ProductVariant
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


class ProductVariantFactory(factory.django.DjangoModelFactory):
    """A variant for 10.00 USD of a product of its own; it has no stock until a StockItemFactory gives it some."""

    class Meta:
        model = ProductVariant

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda n: f"SKU-{n}")
    price_amount = Decimal("10.00")
