from decimal import Decimal
from uuid import uuid4

import factory

from apps.catalog.tests.factories import ProductVariantFactory
from apps.common.ids import new_id
from apps.orders.models import Order, OrderLine, OrderStatusChange


class OrderFactory(factory.django.DjangoModelFactory):
    """An unpaid order without lines; use `place` below for one that holds stock."""

    class Meta:
        model = Order
        skip_postgeneration_save = True

    number = factory.Sequence(lambda n: f"TST-{n}")
    email = "ada@example.test"
    language = "en"
    cart_id = factory.LazyFunction(uuid4)
    currency = "USD"
    subtotal_amount = Decimal(0)
    total_amount = Decimal(0)
    shipping_method_code = "pickup"
    shipping_method_name = "Pick-up"
    shipping_address = factory.LazyFunction(lambda: dict(ADDRESS))
    billing_address = factory.LazyFunction(lambda: dict(ADDRESS))

    @factory.post_generation
    def history(self, create, extracted, **kwargs):
        if create:
            OrderStatusChange.objects.create(order=self, new=self.status, actor="shop")


ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "address_line_1": "Av. Bolívar 1",
    "address_line_2": "",
    "city": "Caracas",
    "state_province": "Distrito Capital",
    "postal_code": "1010",
    "country": "VE",
    "phone": "+584121234567",
}


class OrderLineFactory(factory.django.DjangoModelFactory):
    """A line that holds no stock; the order's totals are not touched."""

    class Meta:
        model = OrderLine

    public_id = factory.LazyFunction(new_id)
    order = factory.SubFactory(OrderFactory)
    variant = factory.SubFactory(ProductVariantFactory)
    store = factory.LazyAttribute(lambda line: line.variant.product.store)
    sku = factory.LazyAttribute(lambda line: line.variant.sku)
    name = "RX-78-2 Gundam"
    quantity = 1
    currency = "USD"
    unit_price_amount = Decimal("10.00")
    subtotal_amount = factory.LazyAttribute(lambda line: line.unit_price_amount * line.quantity)
