"""Many messages to phones through a Twilio that fails a third of the time: `MANY_MESSAGES=1000 pytest` for as many."""

import logging
import os
import random
from collections import Counter

import pytest
from django.core import mail

from apps.common import audit
from apps.notifications import services
from apps.notifications.models import Message
from apps.notifications.phone_templates import ORDER_SHIPPED
from apps.outbox import services as outbox
from apps.outbox.models import Delivery

MANY = int(os.environ.get("MANY_MESSAGES", "60"))
LONG_AGO = "2020-01-01T00:00:00Z"
NO_TROUBLE = "slow"  # by next to nothing
TROUBLES = ["error_500", "rate_limit_429", "reset", "reset_after_recording", "error_500_after_recording"]
REFUSED = [21211, 21610, 63024, 63049]  # at once
FAILED = [63016, 63005, 63003]  # later


def number_of(index):
    return f"+58412{1_000_000 + index}"


@pytest.fixture
def flaky(phones, settings, caplog):
    """A third of all calls meet trouble, two hang, and of ten numbers one is refused at once and one fails later."""
    caplog.set_level(logging.CRITICAL)
    settings.PROVIDER_TIMEOUTS = (0.5, 0.5)
    chance = random.Random(7)
    phones.switch(
        refuse={number_of(index): chance.choice(REFUSED) for index in range(0, MANY, 10)},
        fail={number_of(index): chance.choice(FAILED) for index in range(5, MANY, 10)},
    )
    for call in range(3 * MANY):
        kind = chance.choice(TROUBLES) if chance.random() < 1 / 3 else NO_TROUBLE
        kind, seconds = ("hang_after_recording", 1) if call in {7, 47} else (kind, 0.001)
        phones.sandbox.next("twilio", kind, seconds=seconds)
    return phones


def queue(count):
    """Every second one has a mail to fall back on."""
    for index in range(count):
        values = {"name": f"Ana {index}", "number": f"ORD-{index}", "carrier": "MRW", "tracking": str(index)}
        fallback = services.Mail(to=f"ana-{index}@example.test", template="welcome", context={"name": "Ana"})
        services.queue_to_phone(
            to=number_of(index),
            template=ORDER_SHIPPED,
            language="en",
            values=values,
            dedupe_key=f"shipped-{index}",
            fallback=fallback if index % 2 else None,
        )


def hand_over_all(*, forget=False):
    """Until nothing is left to be done, as if the pauses between tries were over at once."""
    while outbox.drain():
        Delivery.objects.filter(status="pending").update(due_at=LONG_AGO)
        if forget:
            Message.objects.update(unanswered_since=None)


def let_all_arrive(phones):
    """Each report of it is lost, so the shop asks, and asks again where Twilio has no answer."""
    for one in phones.heard:
        for _ in range(2):
            phones.sandbox.control("POST", f"/twilio/messages/{one['sid']}/step")
    waiting = Message.objects.filter(status__in=["queued", "sent"]).exclude(provider_id="")
    while waiting.update(updated_at=LONG_AGO):
        services.ask_about_stale_messages()


def copies(phones):
    return Counter(one["to"] for one in phones.heard)


def test_each_is_delivered_or_failed_with_a_reason_and_none_comes_twice(flaky):
    queue(MANY)
    hand_over_all()
    let_all_arrive(flaky)
    hand_over_all()

    to_phones = Message.objects.filter(channel="whatsapp")
    ends = Counter(to_phones.values_list("status", flat=True))
    assert set(ends) == {"delivered", "failed"}
    assert ends.total() == MANY
    assert ends["delivered"] >= MANY // 2
    assert set(Delivery.objects.values_list("status", flat=True)) == {"done"}
    assert set(copies(flaky).values()) == {1}
    fell_back = to_phones.filter(status="failed", fallback__isnull=False)
    assert Counter(one.to[0] for one in mail.outbox) == Counter(fell_back.values_list("fallback__recipient", flat=True))
    assert list(audit.run()) == []


def test_without_the_mark_that_a_try_has_begun_some_would_come_twice(flaky):
    """The twin of the test above, which can therefore fail."""
    queue(20)

    hand_over_all(forget=True)

    assert max(copies(flaky).values()) > 1
