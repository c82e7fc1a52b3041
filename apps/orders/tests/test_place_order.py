from decimal import Decimal
from uuid import uuid4

import pytest

from apps.common import audit
from apps.inventory.exceptions import OutOfStock
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.exceptions import CartAlreadyOrdered
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.outbox.models import OutboxMessage


@pytest.mark.django_db
def test_freezes_lines_and_totals_and_holds_units():
    item = StockItemFactory(on_hand=5)

    order = place(item, quantity=2)

    item.refresh_from_db()
    order.refresh_from_db()
    assert (order.status, order.payment_status, item.reserved) == ("created", "unpaid", 2)
    assert (order.subtotal_amount, order.shipping_amount, order.tax_amount) == (20, 2, Decimal("3.20"))
    assert order.total_amount == Decimal("25.20")
    assert [(line.sku, line.quantity) for line in order.lines.all()] == [(item.variant.sku, 2)]
    assert list(audit.run()) == []


@pytest.mark.django_db
def test_a_later_price_does_not_touch_the_order():
    item = StockItemFactory()
    order = place(item)

    item.variant.price_amount = 99
    item.variant.save()

    assert order.lines.get().unit_price_amount == 10


@pytest.mark.django_db(transaction=True)
def test_leaves_nothing_behind_when_units_are_missing():
    enough, scarce = StockItemFactory(), StockItemFactory(on_hand=1)

    with pytest.raises(OutOfStock):
        place(enough, scarce, quantity=2)

    enough.refresh_from_db()
    assert enough.reserved == 0
    assert not Order.objects.exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_cart_makes_at_most_one_live_order():
    item, cart = StockItemFactory(), uuid4()
    place(item, cart_id=cart)

    with pytest.raises(CartAlreadyOrdered):
        place(item, cart_id=cart)

    item.refresh_from_db()
    assert item.reserved == 1
