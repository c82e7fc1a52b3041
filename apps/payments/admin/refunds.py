"""Refunds: where money on its way back is, and the word of staff that a transfer was sent by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextInputWidget

from apps.common.admin import Button, ButtonForm, ButtonsMixin, Press, ReadOnlyAdmin, badge, link_to
from apps.payments import services
from apps.payments.admin.by_hand import is_by_hand
from apps.payments.admin.large_sums import guard_sent_by_hand
from apps.payments.models import Refund, RefundStatus

STATUS_COLOURS = {"queued": "warning", "pending": "info", "succeeded": "success", "failed": "danger"}


class SentForm(ButtonForm):
    bank_reference = forms.CharField(
        max_length=100, help_text="The bank's name for the transfer.", widget=UnfoldAdminTextInputWidget
    )
    sent_date = forms.DateField(required=False, help_text="Today unless said.", widget=UnfoldAdminDateWidget)


def _sent(refund: Refund, press: Press) -> str:
    services.confirm_manual_refund(
        refund_id=refund.pk,
        staff_user=press.user,
        bank_reference=press["bank_reference"],
        sent_date=press["sent_date"],
    )
    return f"{refund.money} was sent back."


@admin.register(Refund)
class RefundAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["created_at", "order_link", "money", "status_badge", "reason", "actor"]
    list_filter = [("status", ChoicesDropdownFilter)]
    list_select_related = ["payment__order"]
    search_fields = ["payment__order__number", "payment__reference", "provider_reference"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": [("order_link", "payment"), ("money", "status_badge"), ("reason", "actor"), "created_at"]}),
        ("At the provider", {"fields": ["provider_reference", ("sent_date", "rate"), "failure_message"]}),
    ]
    buttons = [
        Button(
            name="sent",
            label="Sent by hand",
            icon="outbound",
            variant=ActionVariant.PRIMARY,
            permission="payments.change_payment",
            explains="You have sent the money from the shop's account.",
            form=SentForm,
            guard=guard_sent_by_hand,
            offered=lambda refund: refund.status == RefundStatus.PENDING and is_by_hand(refund.payment),
            run=_sent,
        )
    ]

    def page_of(self, obj: Any) -> str:
        """The order's page, which an app above owns."""
        return reverse("admin:orders_order_change", args=[obj.payment.order_id])

    @display(description="Order", ordering="payment__order__number")
    def order_link(self, refund: Refund) -> SafeString:
        return link_to(refund.payment.order, refund.payment.order.number)

    @display(description="Amount", ordering="amount")
    def money(self, refund: Refund) -> str:
        return str(refund.money)

    @display(description="Status", ordering="status")
    def status_badge(self, refund: Refund) -> SafeString:
        return badge(refund.get_status_display(), STATUS_COLOURS[refund.status])

    @display(description="Rate of its payment")
    def rate(self, refund: Refund) -> str:
        quote = refund.payment.quote
        return "—" if quote is None else f"{quote.rate.normalize():f} of {quote.value_date:%d/%m/%Y}, {quote.source}"
