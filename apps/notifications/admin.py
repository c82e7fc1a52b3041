"""What people were told, word for word."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.common.admin import ReadOnlyAdmin, preformatted
from apps.notifications.models import Message

STATUS_COLOURS = {"queued": "warning", "sent": "success", "failed": "danger"}


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "recipient", "subject", "status_badge", "order_number", "template"]
    list_filter = [("status", ChoicesDropdownFilter), ("channel", ChoicesDropdownFilter)]
    search_fields = ["recipient", "subject", "order_number"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": [("recipient", "channel"), "subject", "words"]}),
        ("Sending", {"fields": [("status", "sent_at"), "error", ("template", "language"), "dedupe_key"]}),
    ]

    @display(description="Text")
    def words(self, message: Message) -> SafeString:
        return preformatted(message.text)

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, message: Message) -> tuple[str, str]:
        return message.status, message.get_status_display()
