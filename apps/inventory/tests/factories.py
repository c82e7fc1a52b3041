import factory

from apps.catalog.tests.factories import ProductVariantFactory
from apps.inventory.models import MovementReason, StockItem, StockLocation, StockMovement
from apps.stores.tests.factories import StoreFactory


class StockLocationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = StockLocation
        django_get_or_create = ("store", "code")

    store = factory.SubFactory(StoreFactory)
    code = "main"
    name = "Main warehouse"


class StockItemFactory(factory.django.DjangoModelFactory):
    """Ten units of a variant in its store's warehouse, with the receipt that brought them."""

    class Meta:
        model = StockItem
        skip_postgeneration_save = True

    variant = factory.SubFactory(ProductVariantFactory)
    location = factory.SubFactory(StockLocationFactory, store=factory.SelfAttribute("..variant.product.store"))
    on_hand = 10

    @factory.post_generation
    def receipt(self, create, extracted, **kwargs):
        if create and self.on_hand:
            StockMovement.objects.create(stock_item=self, delta=self.on_hand, reason=MovementReason.RECEIPT)
