"""Events and their deliveries, to be read; a dead letter can be given another round of attempts."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timesince import timesince
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from apps.common.admin import Button, ButtonsMixin, Press, ReadOnlyAdmin, ReadOnlyInline
from apps.outbox import services
from apps.outbox.models import Delivery, DeliveryStatus, OutboxMessage

STATUS_COLOURS = {"pending": "warning", "done": "success", "dead": "danger"}


def _replay(delivery: Delivery, press: Press) -> str:
    services.replay(delivery_ids=[delivery.pk])
    return f"{delivery} will be tried again."


@admin.register(Delivery)
class DeliveryAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["message", "handler", "status_badge", "waiting", "attempts", "due_at", "reason"]
    list_filter = [("status", ChoicesDropdownFilter)]
    list_select_related = ["message"]
    search_fields = ["handler", "message__event_type", "aggregate"]
    ordering = ["-pk"]
    actions = ["replay_selected"]
    buttons = [
        Button(
            name="replay",
            label="Try again",
            icon="replay",
            variant=ActionVariant.PRIMARY,
            permission="outbox.change_delivery",
            explains="The handler gets a full round of attempts. Mend what broke it first.",
            offered=lambda delivery: delivery.status == DeliveryStatus.DEAD,
            run=_replay,
        )
    ]

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.status, delivery.get_status_display()

    @display(description="Waiting for", ordering="message__created_at")
    def waiting(self, delivery: Delivery) -> str:
        """How long ago the event happened that this handler has not dealt with yet."""
        return "" if delivery.status == DeliveryStatus.DONE else timesince(delivery.message.created_at)

    @display(description="Last error")
    def reason(self, delivery: Delivery) -> str:
        return delivery.last_error[:120]

    @admin.action(description="Try dead letters again", permissions=["act"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        count = services.replay(delivery_ids=list(queryset.values_list("pk", flat=True)))
        messages.success(request, f"{count} dead letters will be tried again.")


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ["handler", "status", "attempts", "due_at", "last_error"]
    show_change_link = True


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["event_type", "aggregate", "created_at"]
    search_fields = ["event_type", "aggregate"]
    ordering = ["-pk"]
    inlines = [DeliveryInline]
