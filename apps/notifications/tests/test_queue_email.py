import re

import pytest
from django.core.exceptions import ValidationError

from apps.notifications import services
from apps.notifications.models import Message
from apps.outbox.models import Delivery, OutboxMessage
from apps.stores.tests.factories import StoreFactory
from tests.racing import race


def queue(**changes):
    fields = {
        "to": "ada@example.test",
        "template": "welcome",
        "language": "en",
        "dedupe_key": "welcome-1",
        "context": {"name": "Ada"},
        "order_number": "ORD-1",
    }
    return services.queue_email(**fields | changes)


@pytest.mark.django_db
def test_keeps_the_words_and_announces_that_they_wait():
    StoreFactory(name="Mecha")

    message = queue()

    message.refresh_from_db()
    assert (message.recipient, message.subject, message.status) == ("ada@example.test", "Welcome to Mecha", "queued")
    assert (message.template, message.language, message.order_number) == ("welcome", "en", "ORD-1")
    assert message.text.startswith("Hello Ada,\n\nYour account is ready.")
    assert "<h1" in message.html
    announced = OutboxMessage.objects.get()
    assert announced.payload == {"message_id": message.pk, "stream": announced.aggregate}
    assert re.fullmatch("ORD-1-[0-9a-f]{16}", announced.aggregate)


@pytest.mark.django_db
def test_tells_the_same_thing_once():
    assert queue() is not None

    assert queue(to="other@example.test") is None
    assert Message.objects.get().recipient == "ada@example.test"
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "to",
    [
        "",
        "nobody",
        "a@example.test, b@example.test",
        "a@example.test\nBcc: b@example.test",
        "a@example.test\r\n",
        "Ada <a@example.test>",
    ],
)
def test_writes_to_one_address_and_nothing_else(to):
    with pytest.raises(ValidationError):
        queue(to=to)

    assert not Message.objects.exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_rivals_with_the_same_key_write_one_message():
    results = race(*[queue] * 8)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert sum(result is not None for result in results) == 1
    assert Message.objects.count() == Delivery.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_unique_key_the_same_race_writes_more():
    """The twin of the race above: look first, write then; it proves that the race can be lost."""

    keys = list("abcdefgh")

    def careless():
        if not Message.objects.filter(template="welcome").exists():
            queue(dedupe_key=keys.pop())

    race(*[careless] * 8)

    assert Message.objects.count() > 1
