from datetime import timedelta

import pytest
from django.db.models.functions import Now
from prometheus_client.parser import text_string_to_metric_families

from apps.common import metrics
from apps.notifications.models import Message
from apps.operations.selectors import QUEUES
from apps.orders.models import OrderStatus
from apps.orders.tests.factories import OrderFactory
from apps.outbox.models import Delivery, OutboxMessage
from apps.payments.models import WebhookEvent

pytestmark = pytest.mark.django_db


def figures(name):
    """By the values of their labels; ages as whole seconds."""
    return {
        tuple(sample.labels.values()): int(sample.value)
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
        if sample.name == name
    }


def long_ago(model, seconds):
    model.objects.update(created_at=Now() - timedelta(seconds=seconds))


def roughly(seconds):
    return range(seconds, seconds + 30)


def test_events_are_counted_by_handler_and_state():
    message = OutboxMessage.objects.create(event_type="orders.OrderPlaced", payload={})
    long_ago(OutboxMessage, 90)
    for handler, status, error in [("a.b", "pending", ""), ("c.d", "pending", "no"), ("e.f", "dead", "no")]:
        Delivery.objects.create(message=message, handler=handler, status=status, last_error=error)
    other = OutboxMessage.objects.create(event_type="orders.OrderPlaced", payload={})
    Delivery.objects.create(message=other, handler="a.b", status="done")

    found = figures("shop_outbox_deliveries")

    assert {labels: count for labels, count in found.items() if count} == {
        ("a.b", "pending"): 1,
        ("c.d", "pending"): 1,
        ("c.d", "failing"): 1,
        ("e.f", "dead"): 1,
    }
    ages = figures("shop_outbox_oldest_seconds")
    assert set(ages) == {("a.b",), ("c.d",)}
    assert ages["a.b",] in roughly(90)
    assert figures("shop_queue")["dead_letters",] == 1
    assert figures("shop_queue_oldest_seconds")["dead_letters",] in roughly(90)


def test_webhooks_are_counted_until_they_are_applied():
    for number, status in enumerate(["received", "received", "deferred", "applied", "ignored"]):
        WebhookEvent.objects.create(
            provider="stripe", dedupe_key=str(number), event_type="x", raw_body=b"{}", status=status
        )
    long_ago(WebhookEvent, 40)

    assert figures("shop_webhooks_waiting") == {("stripe", "received"): 2, ("stripe", "deferred"): 1}
    assert figures("shop_webhooks_oldest_seconds")["stripe", "received"] in roughly(40)


def test_messages_of_a_day_are_counted_by_how_far_they_came():
    fields = {"template": "x", "language": "en", "recipient": "ada@example.test", "subject": "x", "text": "x"}
    for number, status in enumerate(["queued", "sent", "sent", "failed"]):
        Message.objects.create(dedupe_key=str(number), status=status, error="no", **fields)
    Message.objects.filter(status="failed").update(created_at=Now() - timedelta(hours=25))

    assert figures("shop_messages_of_a_day") == {("email", "queued"): 1, ("email", "sent"): 2}


def test_every_queue_of_the_staff_has_a_figure_and_an_age():
    order = OrderFactory(status=OrderStatus.PENDING)
    type(order).objects.update(created_at=Now() - timedelta(seconds=70))

    waiting = figures("shop_queue")

    assert len(waiting) == len(QUEUES)
    assert {name: count for (name,), count in waiting.items() if count} == {"orders_to_confirm": 1}
    assert figures("shop_queue_oldest_seconds")["orders_to_confirm",] in roughly(70)
