"""Write a message, once, and have it sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models.functions import Now

from apps.accounts.models import Consent, is_tombstone
from apps.common.phones import is_e164
from apps.notifications.events import MessageQueued
from apps.notifications.models import Attachment, Channel, ClosedNumber, Fallback, Message, PhoneTemplateApproval
from apps.notifications.phone_templates import PhoneTemplate
from apps.notifications.providers import Document, get_provider
from apps.notifications.rendering import Words
from apps.notifications.selectors import shop_name
from apps.notifications.services.writing import write
from apps.outbox import services as outbox
from apps.wishlists.models import PriceAlert

MOST_ATTACHED_BYTES = 7_000_000  # a third more as text; servers that take 10 MB are common


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one person. `context` holds nothing that a user typed unless `plain` has been over it."""

    to: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)

    def words(self, language: str) -> Words:
        """Rendered as of now. Raises ValidationError if `to` is not one address."""
        validate_email(self.to)
        shop = {"shop": shop_name(), "shop_url": settings.STOREFRONT_URL}
        return write(self.template, language=language, context={**shop, **self.context})


def queue_email(
    *,
    to: str,
    template: str,
    language: str,
    dedupe_key: str,
    context: Mapping[str, Any],
    order_number: str = "",
    consent: Consent | None = None,
    held_until: datetime | None = None,
    alert: PriceAlert | None = None,
    step_up_number: int | None = None,
    documents: Sequence[Document] = (),
) -> Message | None:
    """Write a mail to one person, rendered as of now, and have it sent, or held until its time.

    Marketing names the `consent` under which it goes, and what was asked for names its `alert`. None if `dedupe_key`
    was told already, or if the person was erased. `context` holds nothing that a user typed unless `plain` has been
    over it. The code of the step-up of that number takes the place of CODE when it is sent. `documents` go with it.

    Raises:
        ValidationError: `to` is not one address, or the documents are too much for a mail.
    """
    if is_tombstone(to):
        return None
    if sum(len(one.content) for one in documents) > MOST_ATTACHED_BYTES:
        raise ValidationError("Mail servers refuse mails of this size.")
    words = Mail(to=to, template=template, context=context).words(language)
    message = Message(
        recipient=to,
        template=template,
        language=language,
        dedupe_key=dedupe_key,
        order_number=order_number,
        step_up_number=step_up_number,
        subject=words.subject,
        text=words.text,
        html=words.html,
        consent=consent,
        held_until=held_until,
        alert=alert,
    )
    return insert_once(message, documents=documents)


def reaches_phone(number: str, template: PhoneTemplate, language: str, *, channel: Channel = Channel.WHATSAPP) -> bool:
    """Whether this can be tried: the settings are there, the template is approved, and the number is not closed."""
    if not is_e164(number) or get_provider(channel) is None:
        return False
    if ClosedNumber.objects.filter(channel=channel, recipient=number).exists():
        return False
    return channel == Channel.SMS or bool(approved_sid(template, language))


def queue_to_phone(
    *,
    to: str,
    template: PhoneTemplate,
    language: str,
    values: Mapping[str, str],
    dedupe_key: str,
    order_number: str = "",
    fallback: Mail | None = None,
    channel: Channel = Channel.WHATSAPP,
    step_up_number: int | None = None,
) -> Message | None:
    """Write a message to one phone and have it sent; None if `dedupe_key` was told already.

    If it fails, the mail that is written here with it is sent instead. CODE is as in `queue_email`.

    Raises:
        ValidationError: `to` is not one number in international form.
    """
    if not is_e164(to):
        raise ValidationError("Write the phone number with + and the code of its country, like +584121234567.")
    variables, text = template.fill(language, values)
    message = Message(
        channel=channel,
        recipient=to,
        template=template.name,
        language=language,
        dedupe_key=dedupe_key,
        order_number=order_number,
        step_up_number=step_up_number,
        subject=text.splitlines()[0][:200],
        text=text,
        content_sid=approved_sid(template, language) if channel == Channel.WHATSAPP else "",
        variables=variables,
    )
    return insert_once(message, fallback=fallback)


@transaction.atomic
def insert_once(
    message: Message, *, fallback: Mail | None = None, documents: Sequence[Document] = ()
) -> Message | None:
    """Write the message down and have it sent after commit; None if one with its `dedupe_key` was there before.

    `fallback` is mailed if the telephone does not take it; `documents` go with a mail. Call inside a transaction.
    """
    Message.objects.bulk_create([message], ignore_conflicts=True)  # ON CONFLICT DO NOTHING: of two rivals one writes
    written = Message.objects.filter(public_id=message.public_id).first()
    if written is None:
        return None
    if fallback:
        words = fallback.words(written.language)
        Fallback.objects.create(
            message=written, recipient=fallback.to, subject=words.subject, text=words.text, html=words.html
        )
    attached = [Attachment(message=written, name=one.name, content=one.content) for one in documents]
    Attachment.objects.bulk_create(attached)
    if written.held_until is None:
        _publish(written)
    return written


@transaction.atomic
def send_held(*, limit: int = 500) -> int:
    """Have sent what was held, now that its time has come; returns how many."""
    due = Message.objects.filter(held_until__lte=Now()).select_for_update(skip_locked=True).order_by("held_until")
    messages = list(due[:limit])
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(held_until=None)
    for message in messages:
        _publish(message)
    return len(messages)


def _publish(message: Message) -> None:
    outbox.publish(MessageQueued(message_id=message.pk, stream=_stream(message)))


def _stream(message: Message) -> str:
    """What one person is told of one order arrives in its order; nobody else waits for that.

    The recipient as a digest, for events are kept longer than a person who asks to be forgotten.
    """
    if not message.order_number:
        return ""
    return f"{message.order_number}-{sha256(message.recipient.encode()).hexdigest()[:16]}"


def approved_sid(template: PhoneTemplate, language: str) -> str:
    """The template's SID in this language; empty if Meta has not approved it."""
    approved = PhoneTemplateApproval.objects.filter(
        name=template.name, language=language, status=PhoneTemplateApproval.Status.APPROVED
    )
    return approved.values_list("content_sid", flat=True).first() or ""
