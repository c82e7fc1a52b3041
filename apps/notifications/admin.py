"""What people were told, word for word."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.common.admin import ReadOnlyAdmin, preformatted
from apps.notifications.models import ClosedNumber, Message, PhoneTemplateApproval

STATUS_COLOURS = {"queued": "warning", "sent": "info", "delivered": "success", "read": "success", "failed": "danger"}


# What these say opens the account of whoever reads it; staff who could would have their boss's too. Codes are in none.
OPENS_AN_ACCOUNT = {"change_email", "reset_password", "verify_email"}


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "recipient", "channel", "subject", "status_badge", "order_number", "template"]
    list_filter = [("status", ChoicesDropdownFilter), ("channel", ChoicesDropdownFilter)]
    search_fields = ["recipient", "subject", "order_number", "provider_id"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": [("recipient", "channel"), "subject", "words"]}),
        (
            "Sending",
            {
                "fields": [
                    ("status", "sent_at"),
                    ("error_code", "error"),
                    ("provider_id", "tries"),
                    ("template", "language"),
                    "dedupe_key",
                ]
            },
        ),
    ]

    @display(description="Text")
    def words(self, message: Message) -> SafeString | str:
        if message.template in OPENS_AN_ACCOUNT:
            return "Not shown: it opens the account of whoever reads it."
        return preformatted(message.text)

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, message: Message) -> tuple[str, str]:
        return message.status, message.get_status_display()


@admin.register(PhoneTemplateApproval)
class PhoneTemplateApprovalAdmin(ModelAdmin):
    """Staff may name a template that they have made themselves at Twilio, with the same gaps."""

    list_display = ["name", "language", "content_sid", "status", "reason", "updated_at"]
    fields = ["name", "language", "content_sid", "status", "reason"]
    readonly_fields = ["status", "reason"]
    ordering = ["name", "language"]


@admin.register(ClosedNumber)
class ClosedNumberAdmin(ModelAdmin):
    """Deleting one lets us write to it again: its owner must have asked for that."""

    list_display = ["recipient", "channel", "error_code", "created_at"]
    search_fields = ["recipient"]
    ordering = ["-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ClosedNumber | None = None) -> bool:
        return False
