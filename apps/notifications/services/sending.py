"""Hand over what is queued. Whatever may have been sent is looked for before it is sent again."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse

from apps.accounts import services as account_services
from apps.notifications.exceptions import NotSendable, OutcomeUnknown, TryLater
from apps.notifications.models import Channel, Message, MessageStatus
from apps.notifications.providers import ChannelProvider, Document, Outgoing, Report, TrackedProvider, get_provider
from apps.notifications.services.codes import spell_out
from apps.notifications.services.tracking import apply_report, fail
from apps.wishlists import services as wishlist_services

log = logging.getLogger(__name__)

PATIENCE_TRIES = 5  # so often, for about a minute, a phone is tried that has a mail to fall back on


def send_message(*, message_id: int) -> None:
    """Hand a queued message over; one that was taken, or has failed for good, is left alone.

    When its provider is away or says "later", the exception passes, so that the caller tries again. When it refuses
    this recipient or this text for good, the message becomes `failed`, and what was written to fall back on is sent.
    """
    message = Message.objects.select_related("consent", "alert").get(pk=message_id)
    if message.status != MessageStatus.QUEUED or message.provider_id:
        return
    if message.consent is not None and not message.consent.is_live:
        fail(message, NotSendable("The person has taken back the consent to mail of this kind."))
        return
    if message.alert is not None and message.alert.has_ended:
        fail(message, NotSendable("The person has ended the alert."))
        return
    provider = get_provider(message.channel)
    if provider is None:
        fail(message, NotSendable("The settings for this channel are empty.", is_ours=True))
        return
    try:
        report = _found(message, provider) or _send(message, provider)
    except NotSendable as refusal:
        fail(message, refusal)
    except (TryLater, OutcomeUnknown) as trouble:
        if not _has_waited_enough(message):
            raise
        fail(message, NotSendable(str(trouble)))
    else:
        apply_report(message, report)


def _found(message: Message, provider: ChannelProvider) -> Report | None:
    """What an earlier try has left at the provider, if nobody knows how that ended."""
    if message.unanswered_since is None or not isinstance(provider, TrackedProvider):
        return None
    candidates = provider.find(_outgoing(message), since=message.unanswered_since)
    taken = Message.objects.filter(provider_id__in=[one.provider_id for one in candidates])
    known = set(taken.values_list("provider_id", flat=True))
    return next((one for one in candidates if one.provider_id not in known), None)


def _send(message: Message, provider: ChannelProvider) -> Report:
    """The mark that a try has begun is committed before it, so that a crash leaves it behind."""
    row = Message.objects.filter(pk=message.pk)
    row.update(tries=F("tries") + 1, unanswered_since=Now(), updated_at=Now())
    try:
        return provider.send(_outgoing(message))
    except (TryLater, NotSendable):
        row.update(unanswered_since=None)
        raise


def _has_waited_enough(message: Message) -> bool:
    message.refresh_from_db(fields=["tries"])
    return message.channel != Channel.EMAIL and message.tries >= PATIENCE_TRIES and hasattr(message, "fallback")


def _outgoing(message: Message) -> Outgoing:
    spelled_out = spell_out(message)
    return Outgoing(
        key=message.public_id,
        recipient=message.recipient,
        subject=message.subject,
        text=spelled_out.text,
        html=spelled_out.html,
        content_sid=message.content_sid,
        variables=spelled_out.variables,
        report_url=report_url(message),
        unsubscribe_url=unsubscribe_url(message),
        documents=documents_of(message),
    )


def documents_of(message: Message) -> list[Document]:
    """What goes along with a mail, in the order it was put in; other channels carry none."""
    if message.channel != Channel.EMAIL:
        return []
    return [Document(one.name, bytes(one.content)) for one in message.attachments.order_by("pk")]


def unsubscribe_url(message: Message) -> str:
    """Where mail programs end such mail by one POST, without a login; empty if there is no end to it.

    Source: RFC 8058.
    """
    if message.consent is not None:
        path = reverse("unsubscribe", args=[account_services.unsubscribe_token(message.consent)])
    elif message.alert is not None:
        path = reverse("end-price-alert", args=[wishlist_services.alert_token(message.alert)])
    else:
        return ""
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def report_url(message: Message) -> str:
    """Where the provider reports: it names the message, in case the answer that names it there is lost."""
    path = reverse("twilio-reports")
    return f"{settings.SITE_URL.rstrip('/')}{path}?{urlencode({'message': message.public_id})}"
