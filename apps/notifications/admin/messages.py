"""What people were told, word for word."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, FieldTextFilter
from unfold.decorators import display

from apps.accounts import selectors as account_selectors
from apps.common.admin import Button, ButtonsMixin, Press, ReadOnlyAdmin, in_words, preformatted
from apps.notifications import services
from apps.notifications.models import Channel, ClosedNumber, Message, PhoneTemplateApproval
from apps.notifications.phone_templates import TEMPLATES
from apps.notifications.reasons import why_it_failed
from apps.notifications.rendering import mail_templates
from apps.notifications.secrets import holds_a_secret

STATUS_COLOURS = {"queued": "warning", "sent": "info", "delivered": "success", "read": "success", "failed": "danger"}


class TemplateFilter(admin.SimpleListFilter):
    """What was told; asking the table for all the names that it holds would read all of it."""

    title = "event"
    parameter_name = "template"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [(name, in_words(name)) for name in [*mail_templates(), *sorted(TEMPLATES)]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(template=self.value()) if self.value() else queryset


def _resend(message: Message, press: Press) -> str:
    key = press.record.key if press.record else str(uuid4())
    again = services.resend(message_id=message.pk, actor=press.actor, key=key[:36], record=press.record)
    return f"It is sent once more, as message {again.pk}."


@admin.register(Message)
class MessageAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["created_at", "to", "channel", "subject", "status_badge", "order", "event", "language"]
    list_display_links = ["created_at", "subject"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        TemplateFilter,
        ("recipient", FieldTextFilter),
        ("order_number", FieldTextFilter),
    ]
    list_filter_submit = True
    list_per_page = 50
    search_fields = ["recipient", "subject", "order_number", "provider_id"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": [("recipient", "channel"), ("order", "language"), "subject", "words", "attached"]}),
        (
            "How far it came",
            {
                "fields": [
                    "status",
                    ("created_at", "sent_at"),
                    ("delivered_at", "read_at"),
                    ("failed_at", "reason"),
                    ("resent_of", "sent_again_by"),
                ]
            },
        ),
        (
            "For whoever looks into it",
            {"fields": [("provider_id", "tries"), ("error_code", "error"), ("template", "dedupe_key")]},
        ),
    ]
    buttons = [
        Button(
            name="resend",
            label="Send again",
            icon="forward_to_inbox",
            permission="notifications.change_message",
            explains="The same words go to the same recipient once more, as a message of their own.",
            run=_resend,
        )
    ]

    @display(description="Text")
    def words(self, message: Message) -> SafeString | str:
        return shown_words(message)

    @display(description="Attached")
    def attached(self, message: Message) -> str:
        return ", ".join(message.attachments.order_by("pk").values_list("name", flat=True)) or "—"

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, message: Message) -> tuple[str, str]:
        return message.status, message.get_status_display()

    @display(description="Recipient", ordering="recipient")
    def to(self, message: Message) -> str:
        return masked_recipient(message)

    @display(description="Event", ordering="template")
    def event(self, message: Message) -> str:
        return in_words(message.template)

    @display(description="Order", ordering="order_number")
    def order(self, message: Message) -> SafeString | str:
        if not message.order_number:
            return "—"
        address = f"{reverse('admin:orders_order_changelist')}?{urlencode({'q': message.order_number})}"
        return format_html('<a class="text-link" href="{}">{}</a>', address, message.order_number)

    @display(description="Why it failed")
    def reason(self, message: Message) -> str:
        return why_it_failed(message) or "—"

    @display(description="Sent again by")
    def sent_again_by(self, message: Message) -> str:
        return account_selectors.staff_names([message.resent_by]).get(message.resent_by, message.resent_by) or "—"


def masked_recipient(message: Message) -> str:
    """Enough to tell two apart in a list; the message's own page has all of it."""
    is_mail = message.channel == Channel.EMAIL
    return (account_selectors.masked_email if is_mail else account_selectors.masked_phone)(message.recipient)


def shown_words(message: Message) -> SafeString | str:
    if holds_a_secret(message):
        return "Not shown: it opens the account of whoever reads it."
    return preformatted(message.text)


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
