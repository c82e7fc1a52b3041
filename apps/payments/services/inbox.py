"""Webhooks: kept as they came and answered at once; applied later by asking the provider what is true."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.common.clock import database_now
from apps.outbox import services as outbox
from apps.payments.events import WebhookReceived
from apps.payments.exceptions import ProviderNotOffered, WebhookObjectUnknown
from apps.payments.models import CaseKind, Payment, WebhookEvent, WebhookStatus
from apps.payments.providers import ProviderEvent, get_online_provider
from apps.payments.services.attempts import settle_payment
from apps.payments.services.cases import open_case

PATIENCE = timedelta(minutes=10)  # with an unknown object; the outbox still tries once after it

_INSERT = """
INSERT INTO payments_webhookevent
    (provider, dedupe_key, event_type, object_id, capture_reference, reference, api_version, is_live, raw_body,
     status, verdict)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '')
ON CONFLICT (provider, dedupe_key) DO NOTHING RETURNING id
"""


def receive_webhook(*, provider: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Keep a genuine event and leave the work to the outbox; False if it had come before.

    Raises:
        ProviderNotOffered: no provider of this name reports by webhook.
        WebhookNotGenuine: nothing is kept.
    """
    online = get_online_provider(provider)
    if online is None:
        raise ProviderNotOffered(f"“{provider}” sends no webhooks.")
    event = online.read_webhook(headers=headers, body=body)
    with transaction.atomic():
        event_id = _insert(provider, event, body)
        if event_id is not None:
            outbox.publish(WebhookReceived(event_id=event_id))
    return event_id is not None


def _insert(provider: str, event: ProviderEvent, body: bytes) -> int | None:
    row: list[str | bool | bytes] = [
        provider,
        event.key,
        event.type[:100],
        event.provider_reference,
        event.capture_reference,
        event.reference[:255],
        event.api_version[:40],
        event.is_live,
        body,
        WebhookStatus.RECEIVED,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, row)
        inserted = cursor.fetchone()
    return None if inserted is None else int(inserted[0])


def apply_webhook(*, event_id: int) -> None:
    """Act on a kept event; any number of times. Call outside a transaction.

    Raises:
        WebhookObjectUnknown: it names an attempt of ours that is not here; after some minutes staff get a case instead.
        ProviderUnavailable: try again later.
    """
    event = WebhookEvent.objects.get(pk=event_id)
    if event.status in {WebhookStatus.APPLIED, WebhookStatus.IGNORED}:
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
