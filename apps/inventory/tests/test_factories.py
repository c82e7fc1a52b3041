import pytest

from apps.common import audit
from apps.inventory.tests.factories import StockItemFactory


@pytest.mark.django_db(transaction=True)
def test_units_on_a_shelf_came_with_a_receipt_and_pass_the_audit():
    items = StockItemFactory.create_batch(2, on_hand=7)

    assert [item.movements.get().delta for item in items] == [7, 7]
    assert items[0].location == items[1].location
    assert items[0].location.store == items[0].variant.product.store
    assert list(audit.run()) == []
