"""The webhook inbox: what providers sent, to be read with private things starred out, and applied once more."""

from __future__ import annotations

import json
import re
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from apps.common.admin import Button, ButtonsMixin, Press, ReadOnlyAdmin, Refusal, badge
from apps.payments import services
from apps.payments.models import WebhookEvent

STATUS_COLOURS = {"received": "warning", "applied": "success", "ignored": "", "deferred": "danger"}
_PRIVATE = re.compile(r"secret|token|key|mail|name|phone|address|card|print|iban|account|document|billing|shipping|url")


def _apply(event: WebhookEvent, press: Press) -> str:
    (replay,) = services.replay_webhooks(event_ids=[event.pk], actor=press.actor)
    if replay.error:
        raise Refusal(replay.error)
    return _said(replay)


def _said(replay: services.Replay) -> str:
    return f"{replay.event.get_status_display()}: {replay.event.verdict or 'it waits'}"


class DriftFilter(admin.SimpleListFilter):
    title = "version"
    parameter_name = "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("other", "Another than ours")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> QuerySet[WebhookEvent]:
        if self.value() is None:
            return queryset
        return queryset.exclude(expected_api_version="").exclude(api_version=F("expected_api_version"))


@admin.register(WebhookEvent)
class WebhookEventAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["created_at", "provider", "event_type", "status_badge", "verdict", "object_id", "version"]
    list_filter = [("status", ChoicesDropdownFilter), "provider", DriftFilter]
    list_per_page = 50
    actions = ["apply_selected"]
    search_fields = ["dedupe_key", "object_id", "event_type"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": [("provider", "event_type"), ("status_badge", "verdict"), ("created_at", "processed_at")]}),
        ("Names", {"fields": [("object_id", "reference"), "dedupe_key", ("drift", "is_live")]}),
        ("Message", {"fields": ["masked_body", "kept_headers"]}),
    ]
    buttons = [
        Button(
            name="apply",
            label="Apply again",
            icon="replay",
            variant=ActionVariant.PRIMARY,
            permission="payments.change_webhookevent",
            explains="The provider is asked what is true; an event is never believed alone. Twice is once."
            " What was not understood is read anew.",
            run=_apply,
        )
    ]

    @admin.action(description="Apply again", permissions=["act"])
    def apply_selected(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        replays = services.replay_webhooks(event_ids=chosen, actor=Press(request.user).actor)
        for replay in replays:
            self.log_change(request, replay.event, replay.error or _said(replay))
            if replay.error:
                messages.error(request, f"{replay.event}: {replay.error}")
        messages.success(request, f"{sum(not replay.error for replay in replays)} events were applied again.")

    @display(description="Version", ordering="api_version")
    def version(self, event: WebhookEvent) -> SafeString | str:
        if event.has_drifted:
            return badge(event.api_version or "none", "warning")
        return event.api_version or "—"

    @display(description="Version")
    def drift(self, event: WebhookEvent) -> str:
        if not event.has_drifted:
            return event.api_version or "—"
        return (
            f"{event.api_version or 'None'}, where ours is {event.expected_api_version}. The message is acted on, for"
            " the provider is asked what is true; but somebody should read what has changed between the two."
        )

    @display(description="Status", ordering="status")
    def status_badge(self, event: WebhookEvent) -> SafeString:
        return badge(event.get_status_display(), STATUS_COLOURS[event.status])

    @display(description="Signed by")
    def kept_headers(self, event: WebhookEvent) -> str:
        """Names alone: with these and the body anybody may tell the shop the same once more."""
        return ", ".join(event.signature_headers) or "—"

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
