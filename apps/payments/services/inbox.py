"""Webhooks: kept as they came and answered at once; applied later by asking the provider what is true."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.common.clock import database_now
from apps.outbox import services as outbox
from apps.payments.events import WebhookReceived
from apps.payments.exceptions import (
    ProviderNotOffered,
    ProviderRejected,
    ProviderUnavailable,
    WebhookNotGenuine,
    WebhookNotUnderstood,
    WebhookObjectUnknown,
)
from apps.payments.models import Case, CaseKind, Payment, WebhookEvent, WebhookStatus
from apps.payments.providers import OnlineProvider, ProviderEvent, get_online_provider
from apps.payments.services.cases import open_case
from apps.payments.services.saved_methods import refresh_customer
from apps.payments.services.settling import settle_payment

log = logging.getLogger(__name__)

NOT_UNDERSTOOD = "not understood"  # the beginning of a verdict
_NEVER_KEPT = {"authorization", "proxy-authorization", "cookie"}
PATIENCE = timedelta(minutes=10)  # with an unknown object; the outbox still tries once after it

_INSERT = """
INSERT INTO payments_webhookevent
    (provider, dedupe_key, event_type, object_id, capture_reference, customer_reference, reference, api_version,
     expected_api_version, is_live, raw_body, signature_headers, status, verdict)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (provider, dedupe_key) DO NOTHING RETURNING id
"""


def receive_webhook(*, provider: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Keep a genuine event and leave the work to the outbox; False if it had come before.

    One that cannot be read is kept too, with a case for staff, who look into it at the provider.

    Raises:
        ProviderNotOffered: no provider of this name reports by webhook.
        WebhookNotGenuine: nothing is kept.
    """
    online = get_online_provider(provider)
    if online is None:
        raise ProviderNotOffered(f"“{provider}” sends no webhooks.")
    message = _Message(provider, _signature_headers(online, headers), body)
    try:
        event = _storable(online.read_webhook(headers=message.headers, body=body))
    except WebhookNotUnderstood as puzzle:
        return _keep_unread(message, f"{NOT_UNDERSTOOD}: {puzzle}")
    with transaction.atomic():
        event_id = _insert(message, event)
        if event_id is not None:
            outbox.publish(WebhookReceived(event_id=event_id))
    return event_id is not None


@dataclass(frozen=True, slots=True)
class _Message:
    provider: str
    headers: dict[str, str]
    body: bytes


def _signature_headers(online: OnlineProvider, headers: Mapping[str, str]) -> dict[str, str]:
    """What the signature is checked by; whoever signs by a password of ours cannot have it kept."""
    names = [name for name in online.signature_headers if name.lower() not in _NEVER_KEPT]
    return {name: headers[name] for name in names if name in headers}


def _storable(event: ProviderEvent) -> ProviderEvent:
    """The event, if its names are names: genuine JSON may hold anything in their place."""
    names: list[object] = [event.key, event.type, event.provider_reference, event.capture_reference, event.reference]
    names += [event.customer, event.api_version, event.expected_api_version]
    if not all(isinstance(name, str) and len(name) <= 255 and "\0" not in name for name in names):
        raise WebhookNotUnderstood("its names are none")
    if not (event.key and event.type):
        raise WebhookNotUnderstood("it has no name")
    return event


@transaction.atomic
def _keep_unread(message: _Message, verdict: str) -> bool:
    """Its bytes are its name; staff get one case, not one for each such message."""
    provider = message.provider
    event = ProviderEvent(key=f"unread:{hashlib.sha256(message.body).hexdigest()}", type="")
    if _insert(message, event, verdict) is None:
        return False
    log.error("A message of %s is %s", provider, verdict)
    summary = f"{provider} has sent a message that nobody here understands; it is in the webhook inbox."
    if not Case.objects.filter(kind=CaseKind.UNKNOWN_OBJECT, summary=summary, resolved_at=None).exists():
        open_case(kind=CaseKind.UNKNOWN_OBJECT, summary=summary)
    return True


def _insert(message: _Message, event: ProviderEvent, verdict: str = "") -> int | None:
    names = _names(event)
    row = [message.provider, *names.values(), message.body, json.dumps(message.headers), WebhookStatus.RECEIVED]
    row.append(verdict[:300])
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, row)
        inserted = cursor.fetchone()
    return None if inserted is None else int(inserted[0])


def _names(event: ProviderEvent) -> dict[str, str | bool]:
    """What is read of a message, by the inbox's columns in the order of `_INSERT`."""
    return {
        "dedupe_key": event.key,
        "event_type": event.type[:100],
        "object_id": event.provider_reference,
        "capture_reference": event.capture_reference,
        "customer_reference": event.customer,
        "reference": event.reference,
        "api_version": event.api_version[:40],
        "expected_api_version": event.expected_api_version[:40],
        "is_live": bool(event.is_live),
    }


def apply_webhook(*, event_id: int, again: bool = False) -> None:
    """Act on a kept event; any number of times, for it is the provider's truth of now that is booked.

    One that was dealt with is left alone unless it is to be applied `again`, and so is one that was not understood,
    which is read anew then: the adapter may have learned. Call outside a transaction.

    Raises:
        WebhookNotUnderstood, WebhookNotGenuine: read anew, it is no clearer, or its signature is not good any more.
        WebhookObjectUnknown: it names an attempt of ours that is not here; after some minutes staff get a case instead.
        ProviderUnavailable: try again later.
    """
    event = WebhookEvent.objects.get(pk=event_id)
    is_done = event.status in {WebhookStatus.APPLIED, WebhookStatus.IGNORED}
    is_riddle = event.verdict.startswith(NOT_UNDERSTOOD)
    if (is_done or is_riddle) and not again:
        return
    if is_riddle:
        event = _read_anew(event)
        if event.status == WebhookStatus.IGNORED:
            return
    _tell_of_drift(event)
    if event.customer_reference:
        is_ours = refresh_customer(provider=event.provider, reference=event.customer_reference)
        verdict = "the cards that are kept" if is_ours else "nobody of this shop"
        _close(event, WebhookStatus.APPLIED if is_ours else WebhookStatus.IGNORED, verdict)
        return
    if not (event.object_id or event.capture_reference):
        _close(event, WebhookStatus.IGNORED, "nothing here depends on it")
        return
    payment = _payment_of(event)
    if payment is not None:
        settled = settle_payment(payment_id=payment.pk)
        _close(event, WebhookStatus.APPLIED, f"{settled.reference} is {settled.status}")
    elif event.reference:
        _defer(event)
    else:
        _close(event, WebhookStatus.IGNORED, "not an object of this shop")


def _read_anew(event: WebhookEvent) -> WebhookEvent:
    """Take what is read now for what was not understood; if it came again since and was read then, that one counts."""
    online = get_online_provider(event.provider)
    if online is None:
        raise ProviderNotOffered(f"“{event.provider}” sends no webhooks.")
    if not event.signature_headers:
        raise WebhookNotUnderstood("it came before signatures were kept; look into it at the provider")
    body = bytes(event.raw_body)
    read = online.read_webhook(headers=event.signature_headers, body=body, received_at=event.created_at)
    names = _names(_storable(read))
    with transaction.atomic():
        same = WebhookEvent.objects.filter(provider=event.provider, dedupe_key=names["dedupe_key"])
        if same.exists():
            _close(event, WebhookStatus.IGNORED, "it came again, and was understood")
        else:
            WebhookEvent.objects.filter(pk=event.pk).update(verdict="", updated_at=Now(), **names)
            outbox.publish(WebhookReceived(event_id=event.pk))
    event.refresh_from_db()
    return event


def _tell_of_drift(event: WebhookEvent) -> None:
    """Once for each version, by its first message: whoever keeps the adapter should read what has changed."""
    if not event.has_drifted or event.status != WebhookStatus.RECEIVED:
        return
    earlier = WebhookEvent.objects.filter(provider=event.provider, api_version=event.api_version, pk__lt=event.pk)
    if not earlier.exists():
        versions = event.api_version or "no version", event.expected_api_version
        log.warning("%s speaks %s; its adapter was written for %s", event.provider, *versions)


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a kept event that was applied again; `error` says why it could not be."""

    event: WebhookEvent
    error: str = ""


def replay_webhooks(*, event_ids: Collection[int], actor: str) -> list[Replay]:
    """Apply kept events again, oldest first; one that cannot be stops no other. Call outside a transaction."""
    replays = []
    for event_id in sorted(event_ids):
        error = ""
        try:
            apply_webhook(event_id=event_id, again=True)
        except WebhookNotUnderstood as puzzle:
            error = f"{NOT_UNDERSTOOD}: {puzzle}"
        except (
            WebhookNotGenuine,
            WebhookObjectUnknown,
            ProviderRejected,
            ProviderUnavailable,
            ProviderNotOffered,
        ) as refusal:
            error = str(refusal) or type(refusal).__name__
        event = WebhookEvent.objects.get(pk=event_id)
        log.info("%s replayed %s: %s", actor, event, error or f"{event.status}, {event.verdict}")
        replays.append(Replay(event, error))
    return replays


def _payment_of(event: WebhookEvent) -> Payment | None:
    """By the provider's names, or by ours when the answer that would have told us the provider's name was lost."""
    payments = Payment.objects.filter(provider=event.provider)
    is_named = Q(provider_reference=event.object_id) & ~Q(provider_reference="")
    is_captured = Q(capture_reference=event.capture_reference) & ~Q(capture_reference="")
    known = payments.filter(is_named | is_captured).first()
    if known is not None or not (event.reference and event.object_id):
        return known or payments.filter(reference=event.reference).exclude(reference="").first()
    nameless = payments.filter(reference=event.reference, provider_reference="")
    nameless.update(provider_reference=event.object_id, updated_at=Now())
    return payments.filter(provider_reference=event.object_id).first()


def _close(event: WebhookEvent, status: WebhookStatus, verdict: str) -> None:
    WebhookEvent.objects.filter(pk=event.pk).update(
        status=status, verdict=verdict[:300], processed_at=Now(), updated_at=Now()
    )


def _defer(event: WebhookEvent) -> None:
    """Wait for the attempt to appear; a case for staff when it has not for too long."""
    with transaction.atomic():
        event = WebhookEvent.objects.select_for_update().get(pk=event.pk)
        is_first = event.status == WebhookStatus.RECEIVED
        is_hopeless = database_now() - event.created_at > PATIENCE
        if is_first:
            WebhookEvent.objects.filter(pk=event.pk).update(status=WebhookStatus.DEFERRED, updated_at=Now())
        if is_hopeless and not event.verdict:
            name = event.object_id or event.capture_reference
            summary = f"{event.provider} speaks of {name} for {event.reference}, which is not here."
            open_case(kind=CaseKind.UNKNOWN_OBJECT, summary=summary)
            WebhookEvent.objects.filter(pk=event.pk).update(verdict="put before staff", updated_at=Now())
    if not is_hopeless:
        raise WebhookObjectUnknown(f"{event}: {event.reference} is not known here")
