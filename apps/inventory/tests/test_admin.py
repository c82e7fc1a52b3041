import pytest
from django.urls import reverse

from apps.common.tests.staff import boss_client, page_answers, press, staff_client
from apps.inventory import services
from apps.inventory.models import MovementReason, StockItem
from apps.inventory.tests.factories import StockItemFactory

pytestmark = pytest.mark.django_db

MAY_CHANGE = ["inventory.view_stockitem", "inventory.change_stockitem"]


def button(item, name):
    return reverse("admin:inventory_stockitem_button", args=[item.pk, name])


def test_an_adjustment_is_a_movement_with_its_reason_and_who_made_it():
    item, client = StockItemFactory(on_hand=10), staff_client(*MAY_CHANGE)

    answer = press(client, button(item, "adjust"), delta="-3", reason="correction", note="Broken in transit")

    item.refresh_from_db()
    movement = item.movements.latest("pk")
    assert item.on_hand == 7
    assert (movement.delta, movement.reason, movement.note) == (-3, "correction", "Broken in transit")
    assert movement.actor == client.user
    assert f"-3 units of {item.variant.sku}" in answer.content.decode()


def test_a_page_that_is_sent_twice_adjusts_once():
    item, client = StockItemFactory(on_hand=10), staff_client(*MAY_CHANGE)
    answers = page_answers(client, button(item, "adjust")) | {"delta": "5", "reason": "receipt", "note": ""}

    first = client.post(button(item, "adjust"), answers)
    second = client.post(button(item, "adjust"), answers)

    assert (first.status_code, second.status_code) == (302, 302)
    assert StockItem.objects.get(pk=item.pk).on_hand == 15


def test_a_page_that_is_sent_again_with_other_answers_is_refused():
    item, client = StockItemFactory(on_hand=10), staff_client(*MAY_CHANGE)
    answers = page_answers(client, button(item, "adjust")) | {"delta": "5", "reason": "receipt", "note": ""}
    client.post(button(item, "adjust"), answers)

    again = client.post(button(item, "adjust"), answers | {"delta": "6"})

    assert "This page was used already" in again.content.decode()
    assert StockItem.objects.get(pk=item.pk).on_hand == 15


def test_units_that_are_promised_cannot_be_taken_and_the_page_says_why():
    item, client = StockItemFactory(on_hand=4, committed=3), staff_client(*MAY_CHANGE)

    answer = press(client, button(item, "adjust"), delta="-2", reason="correction", note="")

    assert "4 are on hand and 3 promised" in answer.content.decode()
    assert StockItem.objects.get(pk=item.pk).on_hand == 4
    assert item.movements.count() == 1


def test_after_a_refusal_the_same_page_may_be_corrected():
    item, client = StockItemFactory(on_hand=4, committed=3), staff_client(*MAY_CHANGE)
    answers = page_answers(client, button(item, "adjust")) | {"delta": "-2", "reason": "correction", "note": ""}
    client.post(button(item, "adjust"), answers)

    client.post(button(item, "adjust"), answers | {"delta": "-1"})

    assert StockItem.objects.get(pk=item.pk).on_hand == 3


def test_a_count_is_booked_if_the_book_stood_still():
    item, client = StockItemFactory(on_hand=10), staff_client(*MAY_CHANGE)

    press(client, button(item, "count"), counted="8", note="")

    item.refresh_from_db()
    assert item.on_hand == 8
    assert item.movements.latest("pk").delta == -2


def test_a_count_is_refused_if_the_book_changed_while_somebody_counted():
    item, client = StockItemFactory(on_hand=10), staff_client(*MAY_CHANGE)
    answers = page_answers(client, button(item, "count")) | {"counted": "8", "note": ""}
    services.adjust_on_hand(stock_item_id=item.pk, delta=5, reason=MovementReason.RECEIPT, actor_id=None)

    answer = client.post(button(item, "count"), answers)

    assert "The book says 15 now, not 10" in answer.content.decode()
    assert StockItem.objects.get(pk=item.pk).on_hand == 15


def test_the_threshold_is_set_by_its_button():
    item = StockItemFactory()

    press(staff_client(*MAY_CHANGE), button(item, "threshold"), threshold="12")

    assert StockItem.objects.get(pk=item.pk).low_stock_threshold == 12


@pytest.mark.parametrize("name", ["adjust", "count", "threshold"])
def test_opening_a_button_changes_nothing(name):
    item = StockItemFactory(on_hand=10)

    answer = staff_client(*MAY_CHANGE).get(button(item, name), {"delta": "5", "reason": "receipt", "counted": "1"})

    assert answer.status_code == 200
    assert StockItem.objects.get(pk=item.pk).on_hand == 10
    assert item.movements.count() == 1


def test_whoever_may_only_look_sees_no_button_and_is_refused():
    item, client = StockItemFactory(on_hand=10), staff_client("inventory.view_stockitem")

    page = client.get(reverse("admin:inventory_stockitem_change", args=[item.pk])).content.decode()
    answer = client.post(button(item, "adjust"), {"delta": "5", "reason": "receipt"})

    assert "/do/adjust/" not in page
    assert answer.status_code == 403
    assert StockItem.objects.get(pk=item.pk).on_hand == 10


def test_a_post_without_a_token_is_refused():
    item = StockItemFactory(on_hand=10)
    client = boss_client()
    client.handler.enforce_csrf_checks = True

    answer = client.post(button(item, "adjust"), {"delta": "5", "reason": "receipt"})

    assert answer.status_code == 403
    assert StockItem.objects.get(pk=item.pk).on_hand == 10


@pytest.mark.parametrize("model", ["stockitem", "stockmovement", "reservation"])
def test_not_even_a_superuser_edits_counters_by_hand(model):
    item = StockItemFactory(on_hand=10)
    client = boss_client()

    assert client.get(reverse(f"admin:inventory_{model}_add")).status_code == 403
    answer = client.post(reverse("admin:inventory_stockitem_change", args=[item.pk]), {"on_hand": "99"})
    assert answer.status_code == 403
    assert StockItem.objects.get(pk=item.pk).on_hand == 10


def test_the_low_stock_queue_shows_what_is_nearly_gone():
    low = StockItemFactory(on_hand=6, reserved=2, low_stock_threshold=5)
    plenty = StockItemFactory(on_hand=6, low_stock_threshold=5)

    page = boss_client().get(reverse("admin:inventory_stockitem_changelist"), {"level": "low"}).content.decode()

    assert low.variant.sku in page
    assert plenty.variant.sku not in page
