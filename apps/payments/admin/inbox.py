"""The webhook inbox: what providers sent, to be read with private things starred out, and applied once more."""

from __future__ import annotations

import json
import re
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from apps.common.admin import Button, ButtonsMixin, Press, ReadOnlyAdmin, Refusal, badge
from apps.payments import services
from apps.payments.exceptions import ProviderRejected, WebhookObjectUnknown
from apps.payments.models import WebhookEvent, WebhookStatus

STATUS_COLOURS = {"received": "warning", "applied": "success", "ignored": "", "deferred": "danger"}
_PRIVATE = re.compile(r"secret|token|key|mail|name|phone|address|card|print|iban|account|document|billing|shipping|url")


def _apply(event: WebhookEvent, press: Press) -> str:
    try:
        services.apply_webhook(event_id=event.pk)
    except (WebhookObjectUnknown, ProviderRejected) as refusal:
        raise Refusal(str(refusal)) from refusal
    event.refresh_from_db()
    return f"{event.get_status_display()}: {event.verdict}"


@admin.register(WebhookEvent)
class WebhookEventAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["created_at", "provider", "event_type", "status_badge", "verdict", "object_id"]
    list_filter = [("status", ChoicesDropdownFilter), "provider"]
    search_fields = ["dedupe_key", "object_id", "event_type"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": [("provider", "event_type"), ("status_badge", "verdict"), ("created_at", "processed_at")]}),
        ("Names", {"fields": [("object_id", "reference"), "dedupe_key", ("api_version", "is_live")]}),
        ("Message", {"fields": ["masked_body"]}),
    ]
    buttons = [
        Button(
            name="apply",
            label="Apply again",
            icon="replay",
            variant=ActionVariant.PRIMARY,
            permission="payments.change_webhookevent",
            explains="The provider is asked what is true; an event is never believed alone. Twice is once.",
            offered=lambda event: event.status in {WebhookStatus.RECEIVED, WebhookStatus.DEFERRED},
            run=_apply,
        )
    ]

    @display(description="Status", ordering="status")
    def status_badge(self, event: WebhookEvent) -> SafeString:
        return badge(event.get_status_display(), STATUS_COLOURS[event.status])

    @display(description="Body")
    def masked_body(self, event: WebhookEvent) -> SafeString:
        return format_html('<pre class="overflow-auto text-xs">{}</pre>', masked(bytes(event.raw_body)))


def masked(body: bytes) -> str:
    """A JSON body to be read by people, with what is private or secret starred out; anything else only by its size."""
    try:
        return json.dumps(_masked(json.loads(body)), indent=2, ensure_ascii=False)
    except ValueError:
        return f"{len(body)} bytes that are not JSON"


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "***" if _PRIVATE.search(name.lower()) and one else _masked(one) for name, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list) else value
