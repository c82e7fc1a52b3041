"""Orders as checkout would make them, for tests that need one that holds stock."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from apps.common.clock import database_now
from apps.common.money import Money
from apps.orders import services
from apps.orders.drafts import DraftLine, OrderDraft
from apps.orders.models import Order
from apps.orders.tests.factories import ADDRESS


def draft(*items, quantity=1, minutes=15, **changes):
    """A draft with `quantity` of each stock item's variant at 10.00 USD and 2.00 for shipping."""
    lines = [
        DraftLine(
            variant_id=item.variant_id,
            store_id=item.location.store_id,
            sku=item.variant.sku,
            name=item.variant.product.name,
            options={},
            quantity=quantity,
            unit_price=Money(Decimal("10.00"), "USD"),
            tax_percent=Decimal(16),
            tax=Money(Decimal("1.60") * quantity, "USD"),
        )
        for item in items
    ]
    fields = {
        "cart_id": uuid4(),
        "customer_id": None,
        "email": "ada@example.test",
        "phone": "",
        "language": "en",
        "lines": lines,
        "shipping": Money(Decimal("2.00"), "USD"),
        "shipping_method_code": "courier",
        "shipping_method_name": "Courier",
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "note": "",
        "payment_due_at": None if minutes is None else database_now() + timedelta(minutes=minutes),
    }
    return OrderDraft(**fields | changes)


def place(*items, **options):
    order, _ = services.place_order(draft=draft(*items, **options))
    return order


def pay_in_full(*, order_id):
    """All the money that the order asks for arrives at once."""
    order = Order.objects.get(pk=order_id)
    services.receive_payment(order_id=order_id, amount=order.total)
    return Order.objects.get(pk=order_id)
