"""Many mails through a server that fails a third of the time: `MANY_MAILS=1000 pytest` this file for as many."""

import logging
import os
import random
from collections import Counter

import pytest

from apps.notifications.models import Message
from apps.notifications.services.queueing import insert_once
from apps.notifications.tests.smtp_sink import smtp_sink
from apps.outbox import services as outbox
from apps.outbox.models import Delivery

pytestmark = pytest.mark.django_db

MANY = int(os.environ.get("MANY_MAILS", "150"))
TROUBLES = [
    {"EHLO": "421 too busy", "HELO": "421 too busy"},
    {"RCPT": "450 4.2.1 come back later"},
    {"RCPT": "550 5.1.1 no such mailbox"},
    {"END": "451 4.3.0 out of space"},
    {"END": ""},  # it has taken the mail, and hangs up before it says so
]


@pytest.fixture
def sink(settings):
    chance = random.Random(7)
    with smtp_sink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", sink.port, False
        sink.trouble = lambda: chance.choice(TROUBLES) if chance.random() < 1 / 3 else {}
        yield sink


def queue(number):
    words = {"template": "x", "language": "en", "subject": "Hello", "text": "Hello", "html": "<p>Hello</p>"}
    return insert_once(Message(recipient=f"{number}@example.test", dedupe_key=str(number), **words))


def test_each_is_sent_or_failed_with_a_reason_and_none_is_stuck(sink, caplog):
    caplog.set_level(logging.CRITICAL, "apps.outbox")
    for number in range(MANY):
        queue(number)

    while outbox.drain():
        Delivery.objects.filter(status="pending").update(due_at="2020-01-01T00:00:00Z")

    sent = {str(key) for key in Message.objects.filter(status="sent").values_list("public_id", flat=True)}
    failed = Counter(Message.objects.filter(status="failed").values_list("error", flat=True))
    assert set(failed) == {"550 5.1.1 no such mailbox"}
    assert len(sent) + failed.total() == MANY
    assert set(Delivery.objects.values_list("status", flat=True)) == {"done"}
    copies = Counter(mail["Message-ID"].strip("<>").partition("@")[0] for mail in sink.mails)
    assert set(copies) >= sent
