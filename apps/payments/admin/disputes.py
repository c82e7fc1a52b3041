"""Disputes: what customers' banks want back, and until when the shop may answer at the provider."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from unfold.decorators import display

from apps.common.admin import ReadOnlyAdmin, badge, in_words, link_to
from apps.payments.models import Dispute, DisputeStatus

STATUS_COLOURS = {"open": "danger", "won": "success", "lost": ""}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, status.label) for status in DisputeStatus]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> QuerySet[Dispute]:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = ["order_link", "payment_link", "way", "money", "status_badge", "why", "answer_by", "age"]
    list_filter = [StateFilter, "payment__provider"]
    list_select_related = ["payment__order"]
    search_fields = ["payment__order__number", "payment__reference", "provider_reference"]
    fieldsets = [
        (None, {"fields": [("order_link", "payment_link"), ("money", "status_badge"), ("why", "created_at")]}),
        ("At the provider", {"fields": [("way", "provider_reference"), "answer_by"]}),
    ]

    def get_ordering(self, request: HttpRequest) -> list[str | OrderBy]:
        """The queue begins with the one that must be answered first."""
        if request.GET.get(StateFilter.parameter_name) == DisputeStatus.OPEN:
            return [F("respond_by").asc(nulls_last=True), "pk"]
        return ["-pk"]

    @display(description="Order", ordering="payment__order__number")
    def order_link(self, dispute: Dispute) -> SafeString:
        return link_to(dispute.payment.order, dispute.payment.order.number)

    @display(description="Payment", ordering="payment__reference")
    def payment_link(self, dispute: Dispute) -> SafeString:
        return link_to(dispute.payment, dispute.payment.reference)

    @display(description="Provider", ordering="payment__provider")
    def way(self, dispute: Dispute) -> str:
        return in_words(dispute.payment.provider)

    @display(description="Amount", ordering="amount")
    def money(self, dispute: Dispute) -> str:
        return str(dispute.money)

    @display(description="Status", ordering="status")
    def status_badge(self, dispute: Dispute) -> SafeString:
        return badge(dispute.get_status_display(), STATUS_COLOURS[dispute.status])

    @display(description="Reason", ordering="reason")
    def why(self, dispute: Dispute) -> str:
        return in_words(dispute.reason) or "—"

    @display(description="Answer by", ordering="respond_by")
    def answer_by(self, dispute: Dispute) -> SafeString | str:
        """At the provider; what is left of the time, while it is open."""
        if dispute.respond_by is None:
            return "—"
        day = f"{timezone.localtime(dispute.respond_by):%d %b %Y, %H:%M}"
        if dispute.status != DisputeStatus.OPEN:
            return day
        if dispute.respond_by <= timezone.now():
            return badge(f"{day}: over", "danger")
        return badge(f"{day}: in {timeuntil(dispute.respond_by, depth=1)}", "warning")

    @display(description="Age", ordering="created_at")
    def age(self, dispute: Dispute) -> str:
        return timesince(dispute.created_at, depth=1)
