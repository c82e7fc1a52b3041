"""Words that are taken back when a person is erased, and the last that he is told."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.accounts.models import ERASED_HOST
from apps.notifications.models import Attachment, Fallback, Message, MessageStatus
from apps.notifications.services.queueing import queue_email

FAREWELL = "account_erased"
_GONE = "The person was erased."


def erase_messages(messages: QuerySet[Message], *, email: str, tombstone: str) -> int:
    """Empty them; what still waits is not sent. The mail addresses of stores stay. Returns how many."""
    ids = list(messages.values_list("pk", flat=True))
    found = Message.objects.filter(pk__in=ids)
    Fallback.objects.filter(message__in=ids).delete()
    Attachment.objects.filter(message__in=ids).delete()
    found.filter(status=MessageStatus.QUEUED).update(status=MessageStatus.FAILED, failed_at=Now())
    found.filter(status=MessageStatus.FAILED).update(error=_GONE)
    to_himself = Q(recipient__iexact=email) | Q(order_number="") | ~Q(channel="email")
    found.filter(to_himself).update(recipient=tombstone)
    return found.update(subject="", text="", html="", variables={}, updated_at=Now())


def queue_farewell(*, to: str, language: str, user_id: int) -> None:
    """Tell a person that he was erased: the one message that still knows him, until it is a day old."""
    queue_email(to=to, template=FAREWELL, language=language, dedupe_key=f"{FAREWELL}-{user_id}", context={})


def forget_farewells() -> int:
    """Take back the words of farewells that are a day old; returns how many."""
    old = Message.objects.filter(template=FAREWELL, created_at__lt=Now() - timedelta(days=1)).exclude(text="")
    count = 0
    for message in old:
        count += erase_messages(
            Message.objects.filter(pk=message.pk), email=message.recipient, tombstone=f"erased@{ERASED_HOST}"
        )
    return count
