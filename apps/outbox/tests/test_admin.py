import re
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.html import strip_tags

from apps.common.tests.staff import boss_client, press, staff_client
from apps.outbox.models import Delivery, DeliveryStatus, OutboxMessage

pytestmark = pytest.mark.django_db

LIST = reverse("admin:outbox_delivery_changelist")


def letter(status=DeliveryStatus.DEAD):
    message = OutboxMessage.objects.create(event_type="orders.OrderPlaced", payload={"order_id": 1})
    return Delivery.objects.create(message=message, handler="shop.listens", status=status, attempts=10)


def cells(page, column):
    return [" ".join(cell.split()) for cell in re.findall(rf"field-{column}[^>]*>(.*?)</td>", page, re.DOTALL)]


def test_an_event_tells_how_long_it_has_waited_until_it_is_delivered():
    letter(), letter(DeliveryStatus.DONE)
    OutboxMessage.objects.update(created_at=Now() - timedelta(hours=3))

    page = boss_client().get(LIST).content.decode()

    assert [strip_tags(cell).strip() for cell in cells(page, "waiting")] == ["", "3 hours"]


def states():
    return list(Delivery.objects.order_by("pk").values_list("status", "attempts"))


def test_a_dead_letter_gets_another_round():
    dead = letter()

    press(boss_client(), reverse("admin:outbox_delivery_button", args=[dead.pk, "replay"]))

    assert states() == [("pending", 0)]


def test_many_are_tried_again_and_those_that_are_done_are_left_alone():
    dead, done = letter(), letter(DeliveryStatus.DONE)

    chosen = {"action": "replay_selected", "_selected_action": [dead.pk, done.pk]}
    answer = boss_client().post(LIST, chosen, follow=True)

    assert states() == [("pending", 0), ("done", 10)]
    assert "1 dead letters will be tried again." in answer.content.decode()


def test_whoever_may_only_look_does_not_replay():
    dead, client = letter(), staff_client("outbox.view_delivery")

    client.post(LIST, {"action": "replay_selected", "_selected_action": [dead.pk]})
    answer = client.post(reverse("admin:outbox_delivery_button", args=[dead.pk, "replay"]))

    assert answer.status_code == 403
    assert states() == [("dead", 10)]
