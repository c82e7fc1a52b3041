"""Rates for staff: the chart, a rate by hand, answers that wait, alerts. Rows are read; services write."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from apps.common.exceptions import DomainError
from apps.fx_rates import selectors, services
from apps.fx_rates.models import ExchangeRateAlert, ExchangeRateLog, ExchangeRateSnapshot, RateKind, Verdict
from apps.fx_rates.selectors import Statistics

CHART_DAYS = 90
VERDICT_COLOURS = {
    Verdict.ACCEPTED: "success",
    Verdict.CONFIRMED: "success",
    Verdict.REFERENCE: "info",
    Verdict.NEEDS_APPROVAL: "warning",
    Verdict.REFUSED: "danger",
    Verdict.FAILED: "danger",
}


class ReadOnlyAdmin(ModelAdmin):
    """Nothing is edited or deleted; list actions ask for `act`, which is Django's change permission."""

    ordering = ["-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_act_permission(request)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"fx_rates.change_{self.opts.model_name}")


class ManualRateForm(forms.Form):
    """What staff say when they set a rate by hand."""

    currency = forms.ChoiceField(
        choices=lambda: [(code, code) for code in settings.FX_CURRENCIES], widget=UnfoldAdminSelectWidget
    )
    rate = forms.DecimalField(
        max_digits=20, decimal_places=10, min_value=Decimal("1e-10"), widget=UnfoldAdminDecimalFieldWidget
    )
    expires_at = forms.SplitDateTimeField(widget=UnfoldAdminSplitDateTimeWidget, help_text="In UTC.")
    reason = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget)


@admin.register(ExchangeRateSnapshot)
class RateAdmin(ReadOnlyAdmin):
    list_display = ["currency", "figure", "source", "kind", "value_date", "effective_at", "expires_at", "actor"]
    list_filter = ["currency", ("kind", ChoicesDropdownFilter)]
    list_before_template = "fx_rates/chart.html"
    actions = ["end_manual_rates"]

    @display(description="Rate", ordering="rate")
    def figure(self, rate: ExchangeRateSnapshot) -> str:
        return f"{rate.rate.normalize():f}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("fx_rates.add_exchangeratesnapshot")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        charts = [_chart(selectors.statistics(currency, CHART_DAYS)) for currency in settings.FX_CURRENCIES]
        return super().changelist_view(request, {**(extra_context or {}), "rate_charts": charts})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Set a rate by hand."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        back = reverse("admin:fx_rates_exchangeratesnapshot_changelist")
        form = ManualRateForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = services.set_manual_rate(**form.cleaned_data, actor=_actor(request))
            except DomainError as refusal:
                form.add_error(None, refusal.detail)
            else:
                self.log_addition(request, made, f"Set by hand: {made.reason}")
                self.message_user(request, f"{made} is in use.", messages.SUCCESS)
                return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Set a rate by hand",
            "form": form,
            "media": form.media,
            "back": back,
        }
        return TemplateResponse(request, "fx_rates/manual_rate.html", context)

    @admin.action(description="End the manual rates of the selected currencies", permissions=["act"])
    def end_manual_rates(self, request: HttpRequest, queryset: QuerySet[ExchangeRateSnapshot]) -> None:
        by_hand = queryset.filter(kind=RateKind.MANUAL).order_by().values_list("currency", flat=True).distinct()
        for currency in by_hand:
            _try(self, request, f"The sources count again for {currency}.", services.end_manual_rate, currency=currency)


@admin.register(ExchangeRateLog)
class AnswerAdmin(ReadOnlyAdmin):
    list_display = ["source", "currency", "rate", "value_date", "verdict_badge", "reason", "detail", "fetched_at"]
    list_filter = ["source", "currency", ("verdict", ChoicesDropdownFilter)]
    actions = ["release_selected"]

    @display(description="Verdict", ordering="verdict", label=VERDICT_COLOURS)
    def verdict_badge(self, answer: ExchangeRateLog) -> tuple[str, str]:
        return answer.verdict, answer.get_verdict_display()

    @admin.action(description="Release the answers that wait for approval", permissions=["act"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[ExchangeRateLog]) -> None:
        for answer in queryset.order_by("value_date", "pk"):
            _try(
                self,
                request,
                f"{answer.rate} {answer.currency} is a rate now.",
                services.release_answer,
                log_id=answer.pk,
                actor=_actor(request),
            )


@admin.register(ExchangeRateAlert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["kind", "currency", "detail", "change_percent", "created_at", "acknowledged_by", "acknowledged_at"]
    list_filter = [
        ("acknowledged_at", admin.EmptyFieldListFilter),
        ("kind", ChoicesDropdownFilter),
        "currency",
    ]
    actions = ["acknowledge_selected"]

    @admin.action(description="Acknowledge the selected alerts", permissions=["act"])
    def acknowledge_selected(self, request: HttpRequest, queryset: QuerySet[ExchangeRateAlert]) -> None:
        for alert in queryset:
            services.acknowledge_alert(alert_id=alert.public_id, actor=_actor(request))
        self.message_user(request, "Acknowledged.", messages.SUCCESS)


def _actor(request: HttpRequest) -> str:
    return f"staff:{request.user.pk}"


def _try(screen: ModelAdmin, request: HttpRequest, done: str, service: Any, **arguments: Any) -> None:
    """Call a service and show what it did, or the sentence of its refusal."""
    try:
        service(**arguments)
    except DomainError as refusal:
        screen.message_user(request, refusal.detail, messages.ERROR)
    else:
        screen.message_user(request, done, messages.SUCCESS)


def _chart(stats: Statistics) -> dict[str, str]:
    title = f"{stats.currency} for one dollar, last {stats.days} days"
    if not stats.points:
        return {"title": title, "summary": "No rate has been accepted in these days.", "data": ""}
    newest = stats.points[-1]
    line = {"label": stats.currency, "data": [str(point.rate) for point in stats.points]}
    data = {"labels": [point.value_date.isoformat() for point in stats.points], "datasets": [line]}
    summary = f"{newest.rate.normalize():f} on {newest.value_date}; {stats.change_percent:+} % in these days."
    return {"title": title, "summary": summary, "data": json.dumps(data)}
