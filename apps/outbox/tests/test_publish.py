import socket
import time

import pytest
from celery import Celery
from celery.signals import before_task_publish
from django.db import transaction

from apps.outbox import services
from apps.outbox.models import Delivery, OutboxMessage
from apps.outbox.tests.listening import HEARD, BellRang, NobodyListens, ring
from config.celery import app

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker_at(settings):
    """Point Celery at the Redis that is said to listen on a port, with the options of production."""

    def point(port):
        celery = Celery("elsewhere", broker=f"redis://127.0.0.1:{port}/0")
        options = {"max_retries": 0, "socket_connect_timeout": 0.5, "socket_timeout": 0.5}
        celery.conf.broker_transport_options = options

    services._muted_until = services._relay_starts_at = 0.0
    yield point
    app.set_current()
    services._muted_until = services._relay_starts_at = 0.0


def test_writes_one_delivery_per_listener():
    ring(1, tower="north")

    message = OutboxMessage.objects.get()
    assert (message.event_type, message.aggregate) == ("outbox.BellRang", "north")
    assert message.payload == {"number": 1, "tower": "north"}
    assert sorted(message.deliveries.values_list("handler", "status")) == [
        ("outbox.diary", "pending"),
        ("outbox.ear", "pending"),
    ]


@pytest.mark.django_db(transaction=True)
def test_is_refused_outside_a_transaction():
    with pytest.raises(RuntimeError, match=r"outbox\.BellRang must be published in the transaction"):
        services.publish(BellRang(number=1))

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_hears_of_what_was_rolled_back():
    with transaction.atomic():
        services.publish(BellRang(number=1))
        transaction.set_rollback(True)

    assert services.drain() == 0
    assert HEARD == {}


def test_keeps_an_event_that_has_no_listeners():
    with transaction.atomic():
        services.publish(NobodyListens())

    assert OutboxMessage.objects.count() == 1
    assert services.drain() == 0


def test_wakes_the_relay_once_for_a_whole_transaction(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as calls, transaction.atomic():
        services.publish(BellRang(number=1))
        services.publish(BellRang(number=2))

    assert calls == [services.wake_relay]


def test_a_busy_process_calls_a_relay_at_once_and_one_more_in_a_moment(monkeypatch):
    monkeypatch.setattr(services, "_relay_starts_at", 0.0)
    begins = []

    def note(headers, **_):
        begins.append(headers["eta"])

    before_task_publish.connect(note)
    for _ in range(5):
        services.wake_relay()
    before_task_publish.disconnect(note)

    at_once, in_a_moment = begins
    assert at_once is None
    assert in_a_moment is not None


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_delays_the_event_and_loses_nothing(broker_at, caplog):
    broker_at(closed_port())

    started = time.monotonic()
    ring(1)
    assert time.monotonic() - started < 1

    assert "the broker does not take the wake-up call" in caplog.text
    assert services.drain() == 2
    assert HEARD == {"ear": [1], "diary": [1]}


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_says_nothing_is_waited_for_half_a_second_and_then_left_alone(broker_at, caplog):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        broker_at(mute.getsockname()[1])

        started = time.monotonic()
        ring(1)
        ring(2)
        assert 0.4 < time.monotonic() - started < 1

    assert caplog.text.count("the broker does not take the wake-up call") == 1
    assert Delivery.objects.filter(status="pending").count() == 4


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
