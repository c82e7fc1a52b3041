"""Queue a message, and send what is queued."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import transaction
from django.db.models.functions import Now

from apps.notifications.events import MessageQueued
from apps.notifications.models import Message, MessageStatus
from apps.notifications.rendering import render
from apps.notifications.selectors import shop_name
from apps.outbox import services as outbox


def queue_email(
    *, to: str, template: str, language: str, dedupe_key: str, context: Mapping[str, Any], order_number: str = ""
) -> Message | None:
    """Write a mail to one person, rendered as of now, and have it sent; None if `dedupe_key` was told already.

    `context` holds nothing that a user typed unless `plain` has been over it.

    Raises:
        ValidationError: `to` is not one address.
    """
    validate_email(to)
    shop = {"shop": shop_name(), "shop_url": settings.STOREFRONT_URL}
    words = render(template, language=language, context={**shop, **context})
    message = Message(
        recipient=to,
        template=template,
        language=language,
        dedupe_key=dedupe_key,
        order_number=order_number,
        subject=words.subject,
        text=words.text,
        html=words.html,
    )
    return _insert_once(message)


@transaction.atomic
def _insert_once(message: Message) -> Message | None:
    Message.objects.bulk_create([message], ignore_conflicts=True)  # ON CONFLICT DO NOTHING: of two rivals one writes
    written = Message.objects.filter(public_id=message.public_id).first()
    if written is not None:
        outbox.publish(MessageQueued(message_id=written.pk))
    return written


def send_message(*, message_id: int) -> None:
    """Hand a queued message to the mail server; one that was sent or has failed for good is left alone.

    When the server is away or says "later", its exception passes, so that the caller tries again. When it refuses this
    recipient or this text for good, the message becomes `failed`.
    """
    message = Message.objects.get(pk=message_id)
    if message.status != MessageStatus.QUEUED:
        return
    try:
        _compose(message).send()
    except (SMTPRecipientsRefused, SMTPDataError) as refusal:
        code, reason = _verdict(refusal)
        if code < 500:
            raise
        _finish(message, status=MessageStatus.FAILED, error=f"{code} {reason}"[:300])
    else:
        _finish(message, status=MessageStatus.SENT, sent_at=Now(), error="")


def _compose(message: Message) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        to=[message.recipient],
        headers={"Message-ID": _message_id(message), "Auto-Submitted": "auto-generated"},  # Source: RFC 3834
    )
    mail.attach_alternative(message.html, "text/html")
    return mail


def _message_id(message: Message) -> str:
    """The same at every try, so that a mail which was sent twice can be seen to be one."""
    return f"<{message.public_id}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2]}>"


def _verdict(refusal: SMTPRecipientsRefused | SMTPDataError) -> tuple[int, str]:
    """Code and words of the server. Other refusals (login, sender) are about our settings and worth another try."""
    if isinstance(refusal, SMTPDataError):
        return refusal.smtp_code, _decoded(refusal.smtp_error)
    code, words = refusal.recipients[next(iter(refusal.recipients))]
    return code, _decoded(words)


def _decoded(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def _finish(message: Message, **outcome: Any) -> None:
    Message.objects.filter(pk=message.pk, status=MessageStatus.QUEUED).update(**outcome, updated_at=Now())
