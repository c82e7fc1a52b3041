from datetime import timedelta

import pytest
from celery import current_app
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from apps.common.health import PartHealth
from apps.outbox import health
from apps.outbox.models import Delivery, OutboxMessage

pytestmark = pytest.mark.django_db


def waiting(*, seconds, aggregate="", **fields):
    message = OutboxMessage.objects.create(event_type="orders.OrderPlaced", payload={}, aggregate=aggregate)
    due_at = Now() - timedelta(seconds=seconds)
    return Delivery.objects.create(message=message, handler="x.y", aggregate=aggregate, due_at=due_at, **fields)


def test_the_lag_is_the_age_of_the_oldest_delivery_that_is_due():
    waiting(seconds=7)
    waiting(seconds=12)
    waiting(seconds=-600)  # later
    waiting(seconds=900, status="dead")

    answer = health.check_lag()

    assert answer.status == "up"
    assert 12 <= answer.lag_seconds < 60


def test_work_that_nobody_takes_for_more_than_a_minute_is_late():
    waiting(seconds=61)

    assert health.check_lag().status == "late"


def test_what_waits_for_an_earlier_event_of_the_same_thing_is_not_late():
    waiting(seconds=-600, aggregate="order-1")  # failed, and will be tried again in ten minutes
    waiting(seconds=300, aggregate="order-1")

    assert health.check_lag() == PartHealth("up", lag_seconds=0)


def test_late_work_leaves_the_shop_open(client):
    waiting(seconds=61)

    response = client.get("/api/health/")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"


def test_a_broker_that_refuses_is_down():
    before = current_app.conf.broker_write_url
    current_app.conf.broker_write_url = "redis://127.0.0.1:1/0"

    try:
        with pytest.raises(OperationalError):
            health.check_broker()
    finally:
        current_app.conf.broker_write_url = before
