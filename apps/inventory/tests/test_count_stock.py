import pytest

from apps.inventory import services
from apps.inventory.exceptions import StockChangeRefused, StockItemNotFound
from apps.inventory.models import MovementReason, StockItem
from apps.inventory.tests.factories import StockItemFactory, StockLocationFactory

pytestmark = pytest.mark.django_db


def adjust(item, delta):
    services.adjust_on_hand(stock_item_id=item.pk, delta=delta, reason=MovementReason.CORRECTION, actor_id=None)


def test_an_adjustment_is_a_movement():
    item = StockItemFactory(on_hand=4)

    adjust(item, -3)

    item.refresh_from_db()
    assert item.on_hand == 1
    assert item.movements.latest("pk").delta == -3


def test_never_takes_what_is_promised():
    item = StockItemFactory(on_hand=4, reserved=2, committed=1)

    with pytest.raises(StockChangeRefused):
        adjust(item, -2)

    item.refresh_from_db()
    assert item.on_hand == 4
    assert item.movements.count() == 1


def test_an_unknown_row_is_named():
    with pytest.raises(StockItemNotFound):
        services.adjust_on_hand(stock_item_id=1, delta=1, reason=MovementReason.RECEIPT, actor_id=None)


def test_a_count_is_taken_only_if_the_book_still_says_what_the_counter_saw():
    item = StockItemFactory(on_hand=4)

    with pytest.raises(StockChangeRefused):
        services.correct_on_hand(stock_item_id=item.pk, counted=9, expected=3, actor_id=None)
    services.correct_on_hand(stock_item_id=item.pk, counted=9, expected=4, actor_id=None)

    item.refresh_from_db()
    assert item.on_hand == 9


def test_receiving_makes_what_is_missing_and_adds_to_what_is_there():
    item = StockItemFactory(on_hand=4)
    other = StockLocationFactory(store=item.location.store, code="annexe")

    services.receive_stock(
        receipts=[
            (item.variant_id, item.location_id, 6),
            (item.variant_id, other.pk, 1),
            (item.variant_id, other.pk, 1),
        ]
    )

    assert list(StockItem.objects.order_by("pk").values_list("on_hand", flat=True)) == [10, 2]
