"""What becomes of a message after it was handed over: reports, questions, and the mail that is sent instead."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from apps.notifications.exceptions import NotSendable, OutcomeUnknown, ReportNotGenuine, TryLater
from apps.notifications.models import NEXT_STATUSES, Channel, ClosedNumber, Message, MessageStatus
from apps.notifications.providers import Progress, Report, TrackedProvider, get_provider, get_twilio
from apps.notifications.services.queueing import insert_once

log = logging.getLogger(__name__)

STALE_AFTER = timedelta(minutes=10)  # a lost report is normal
ASKED_ABOUT_FOR = timedelta(days=3)  # a phone may be off; after that nobody asks
_STATUS = {
    Progress.SENT: MessageStatus.SENT,
    Progress.DELIVERED: MessageStatus.DELIVERED,
    Progress.READ: MessageStatus.READ,
}
_TIMES = {
    MessageStatus.SENT: ["sent_at"],
    MessageStatus.DELIVERED: ["sent_at", "delivered_at"],
    MessageStatus.READ: ["sent_at", "delivered_at", "read_at"],  # a report that was lost is made up for by the next
    MessageStatus.FAILED: ["failed_at"],
}


def receive_report(*, url: str, params: Mapping[str, Any], signature: str, message_id: UUID | None) -> None:
    """Apply what Twilio reports of a message; one that is not ours is nobody's concern.

    Reports come late, twice and in any order. `message_id` is what our own address for reports has named.

    Raises:
        ReportNotGenuine: the signature is not that of this account, or there is no account.
    """
    provider = get_twilio()
    if provider is None:
        raise ReportNotGenuine("This shop has no account with Twilio.")
    report = provider.read_report(url=url, params=params, signature=signature)
    if message := _about(report.provider_id, message_id):
        apply_report(message, report)


def apply_report(message: Message, report: Report) -> None:
    """Move a message forward to where its provider says it is; twice changes nothing, and nothing goes back."""
    _keep_name(message, report.provider_id)
    if report.progress is Progress.FAILED:
        refusal = NotSendable(report.error, code=report.error_code, is_closed=report.is_closed, is_ours=report.is_ours)
        fail(message, refusal)
    elif report.progress is not Progress.TAKEN:
        _move(message, _STATUS[report.progress], error="", error_code="")


@transaction.atomic
def fail(message: Message, refusal: NotSendable) -> None:
    """End a message for good with the reason; close the number if it is to be left alone; send the mail instead."""
    reason = (f"{refusal.code} {refusal.reason}" if refusal.code not in refusal.reason else refusal.reason)[:300]
    if not _move(message, MessageStatus.FAILED, error=reason or "refused", error_code=refusal.code[:20]):
        return
    if refusal.is_ours:
        log.error("message %s cannot be sent because of our settings or templates: %s", message.pk, reason)
    if refusal.is_closed and message.channel != Channel.EMAIL:
        closed = ClosedNumber(channel=message.channel, recipient=message.recipient, error_code=refusal.code[:20])
        ClosedNumber.objects.bulk_create([closed], ignore_conflicts=True)
    _fall_back(message)


def ask_about_stale_messages(*, limit: int = 200) -> int:
    """Ask about messages of which nothing was heard for a while; returns about how many."""
    waiting = Message.objects.filter(
        status__in=[MessageStatus.QUEUED, MessageStatus.SENT],
        updated_at__lt=Now() - STALE_AFTER,
        created_at__gt=Now() - ASKED_ABOUT_FOR,
    ).exclude(provider_id="")
    messages = list(waiting.order_by("updated_at")[:limit])
    for message in messages:
        Message.objects.filter(pk=message.pk).update(updated_at=Now())  # so that all have their turn
        _ask_about(message)
    return len(messages)


def _ask_about(message: Message) -> None:
    provider = get_provider(message.channel)
    if not isinstance(provider, TrackedProvider):
        return
    try:
        apply_report(message, provider.fetch(message.provider_id))
    except (TryLater, OutcomeUnknown) as trouble:
        log.warning("message %s: %s", message.pk, trouble)
    except NotSendable as refusal:
        fail(message, refusal)


def _about(provider_id: str, message_id: UUID | None) -> Message | None:
    """By the provider's name for it; or by ours, if that name has not reached us yet."""
    known = Message.objects.filter(provider_id=provider_id).first() if provider_id else None
    if known is not None or message_id is None:
        return known
    return Message.objects.filter(public_id=message_id, provider_id="").exclude(channel=Channel.EMAIL).first()


def _keep_name(message: Message, provider_id: str) -> None:
    if provider_id and not message.provider_id:
        nameless = Message.objects.filter(pk=message.pk, provider_id="")
        nameless.update(provider_id=provider_id, unanswered_since=None, updated_at=Now())


def _move(message: Message, status: MessageStatus, **facts: Any) -> bool:
    """One guarded UPDATE; False if the message is there already, or further, or over."""
    before = [old for old, following in NEXT_STATUSES.items() if status in following]
    row = Message.objects.filter(pk=message.pk, status__in=before)
    times = {name: Coalesce(F(name), Now()) for name in _TIMES[status]}
    return bool(row.update(status=status, unanswered_since=None, updated_at=Now(), **times, **facts))


def _fall_back(message: Message) -> None:
    mail = getattr(message, "fallback", None)
    if mail is None:
        return
    instead = Message(
        recipient=mail.recipient,
        template=message.template,
        language=message.language,
        dedupe_key=f"{message.dedupe_key}-instead",
        order_number=message.order_number,
        step_up_number=message.step_up_number,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
    )
    insert_once(instead)
