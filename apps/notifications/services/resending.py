"""Say something once more, because a member of the staff wants it."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from apps.accounts.models import is_tombstone
from apps.common import idempotency
from apps.common.clock import database_now
from apps.common.models import IdempotencyRecord
from apps.notifications import selectors
from apps.notifications.exceptions import NotSentAgain
from apps.notifications.models import Channel, ClosedNumber, Message, MessageStatus
from apps.notifications.phone_templates import TEMPLATES
from apps.notifications.providers import get_provider
from apps.notifications.secrets import holds_a_secret
from apps.notifications.services.marketing import end_of_quiet_hours
from apps.notifications.services.queueing import approved_sid, insert_once
from apps.notifications.services.sending import documents_of
from apps.orders.models import Order


@transaction.atomic
def resend(*, message_id: int, actor: str, key: str, record: IdempotencyRecord | None = None) -> Message:
    """Have the same words sent to the same recipient as a message of its own; under the same `key` once.

    Two who press at the same time find each other: while one waits to be sent, there is no second.

    Raises:
        NotSentAgain: it brings a secret, its words were taken back, it or an earlier repetition still waits, or the
            recipient has said stop.
    """
    chosen = Message.objects.select_for_update().get(pk=message_id)
    first = Message.objects.select_for_update().get(pk=chosen.resent_of_id) if chosen.resent_of_id else chosen
    dedupe_key = f"{first.dedupe_key[:150]}-again-{key}"
    if made := Message.objects.filter(dedupe_key=dedupe_key).first():
        return made
    _require_words(first)
    _require_nothing_waiting(first)
    again = Message(
        channel=first.channel,
        recipient=first.recipient,
        template=first.template,
        language=first.language,
        dedupe_key=dedupe_key,
        order_number=first.order_number,
        subject=first.subject,
        text=first.text,
        html=first.html,
        variables=first.variables,
        resent_of=first,
        resent_by=actor,
    )
    if first.channel != Channel.EMAIL:
        _require_open_phone(first)
        again.content_sid = _sid_of(first)
    if first.consent is not None:
        if not first.consent.is_live:
            raise NotSentAgain("The person has taken back the consent to mail of this kind.")
        again.consent, again.held_until = first.consent, end_of_quiet_hours(database_now())
    if first.alert is not None:
        if first.alert.has_ended:
            raise NotSentAgain("The person has ended the alert.")
        again.alert, again.held_until = first.alert, end_of_quiet_hours(database_now())
    written = insert_once(again, documents=documents_of(first))
    assert written is not None  # nobody else has this key: the first message is locked  # noqa: S101
    idempotency.remember_resource(record, str(written.pk))
    return written


def _require_words(message: Message) -> None:
    if holds_a_secret(message):
        raise NotSentAgain("It brings a code or link that opens an account; the person has to ask for a new one.")
    if not message.text or is_tombstone(message.recipient):
        raise NotSentAgain("Its words were taken back: the person was erased.")


def _require_nothing_waiting(first: Message) -> None:
    if first.status == MessageStatus.QUEUED or first.resent.filter(status=MessageStatus.QUEUED).exists():
        raise NotSentAgain("It still waits to be sent.")


def _require_open_phone(message: Message) -> None:
    if get_provider(message.channel) is None:
        raise NotSentAgain("The settings for this channel are empty.")
    if ClosedNumber.objects.filter(channel=message.channel, recipient=message.recipient).exists():
        raise NotSentAgain("The owner of this number has said stop, or it does not have this channel.")
    order = Order.objects.select_related("customer").filter(number=message.order_number).first()
    willing = {settings.WHATSAPP_OWNER_NUMBER, selectors.number_to_tell(order)} if order else {message.recipient}
    if message.recipient not in willing:
        raise NotSentAgain("The customer does not want to be told on this number any more.")


def _sid_of(message: Message) -> str:
    """Of the template as it is approved today; empty for SMS, which needs none."""
    if message.channel != Channel.WHATSAPP:
        return ""
    template = TEMPLATES.get(message.template)
    sid = approved_sid(template, message.language) if template else ""
    if not sid:
        raise NotSentAgain("Meta does not approve of its template now.")
    return sid
