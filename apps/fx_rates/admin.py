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
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from apps.common.admin import Button, ButtonForm, ButtonsMixin, Press, ReadOnlyAdmin, preformatted
from apps.common.exceptions import DomainError
from apps.fx_rates import selectors, services
from apps.fx_rates.models import ExchangeRateAlert, ExchangeRateLog, ExchangeRateSnapshot, Verdict
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


class ManualRateForm(forms.Form):
    """What staff say when they set a rate by hand."""

    currency = forms.ChoiceField(
        choices=lambda: [(code, code) for code in settings.FX_CURRENCIES], widget=UnfoldAdminSelectWidget
    )
    rate = forms.DecimalField(
        max_digits=20, decimal_places=10, min_value=Decimal("1e-10"), widget=UnfoldAdminDecimalFieldWidget
    )
    expires_at = forms.SplitDateTimeField(
        widget=UnfoldAdminSplitDateTimeWidget, help_text=f"By the clock of {settings.SHOP_TIME_ZONE}."
    )
    reason = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget)


def _end(rate: ExchangeRateSnapshot, press: Press) -> str:
    services.end_manual_rate(currency=rate.currency)
    return f"What the sources say about {rate.currency} counts again."


@admin.register(ExchangeRateSnapshot)
class RateAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["currency", "figure", "source", "kind", "value_date", "effective_at", "expires_at", "actor"]
    list_filter = ["currency", ("kind", ChoicesDropdownFilter)]
    list_before_template = "fx_rates/chart.html"
    ordering = ["-pk"]
    buttons = [
        Button(
            name="end",
            label="End now",
            icon="history",
            variant=ActionVariant.PRIMARY,
            permission="fx_rates.add_exchangeratesnapshot",
            explains="Every manual rate of this currency ends, and what the sources say counts again.",
            offered=ExchangeRateSnapshot.is_in_force_by_hand,
            run=_end,
        )
    ]

    @display(description="Rate", ordering="rate")
    def figure(self, rate: ExchangeRateSnapshot) -> str:
        return f"{rate.rate.normalize():f}"

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("fx_rates.add_exchangeratesnapshot")

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
        if request.method == "POST" and form.is_valid() and self._set(request, form):
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Set a rate by hand",
            "form": form,
            "media": self.media + form.media,  # calendars lean on the admin's own scripts
            "back": back,
        }
        return TemplateResponse(request, "fx_rates/manual_rate.html", context)

    def _set(self, request: HttpRequest, form: ManualRateForm) -> bool:
        try:
            made = services.set_manual_rate(**form.cleaned_data, actor=Press(request.user).actor)
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
            return False
        self.log_addition(request, made, f"Set by hand: {made.reason}")
        messages.success(request, f"{made} is in use.")
        return True


def _release(answer: ExchangeRateLog, press: Press) -> str:
    return f"{services.release_answer(log_id=answer.pk, actor=press.actor)} is a rate now."


@admin.register(ExchangeRateLog)
class AnswerAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["source", "currency", "figure", "value_date", "verdict_badge", "reason", "detail", "fetched_at"]
    list_filter = ["source", "currency", ("verdict", ChoicesDropdownFilter)]
    ordering = ["-pk"]
    fields = [
        ("source", "kind"),
        ("figure", "value_date"),
        ("base_currency", "currency"),
        ("verdict", "reason"),
        "detail",
        "fetched_at",
        "words",
    ]
    buttons = [
        Button(
            name="release",
            label="Release",
            icon="check_circle",
            variant=ActionVariant.PRIMARY,
            permission="fx_rates.change_exchangeratelog",
            explains="This figure becomes the rate from its value date on. Look it up at the central bank first.",
            offered=lambda answer: answer.verdict == Verdict.NEEDS_APPROVAL,
            run=_release,
        )
    ]

    @display(description="Rate", ordering="rate")
    def figure(self, answer: ExchangeRateLog) -> str:
        return "" if answer.rate is None else f"{answer.rate.normalize():f}"

    @display(description="What it said")
    def words(self, answer: ExchangeRateLog) -> SafeString:
        return preformatted(answer.raw)

    @display(description="Verdict", ordering="verdict", label=VERDICT_COLOURS)
    def verdict_badge(self, answer: ExchangeRateLog) -> tuple[str, str]:
        return answer.verdict, answer.get_verdict_display()


class AcknowledgeForm(ButtonForm):
    note = forms.CharField(max_length=300, required=False, widget=UnfoldAdminTextInputWidget)


def _acknowledge(alert: ExchangeRateAlert, press: Press) -> str:
    services.acknowledge_alert(alert_id=alert.public_id, actor=press.actor, note=press["note"])
    return "Acknowledged."


@admin.register(ExchangeRateAlert)
class AlertAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["kind", "currency", "detail", "change_percent", "created_at", "acknowledged_by", "acknowledged_at"]
    list_filter = [("acknowledged_at", admin.EmptyFieldListFilter), ("kind", ChoicesDropdownFilter), "currency"]
    ordering = ["-pk"]
    actions = ["acknowledge_selected"]
    buttons = [
        Button(
            name="acknowledge",
            label="Acknowledge",
            icon="done",
            variant=ActionVariant.PRIMARY,
            permission="fx_rates.change_exchangeratealert",
            form=AcknowledgeForm,
            offered=lambda alert: not alert.is_acknowledged,
            run=_acknowledge,
        )
    ]

    @admin.action(description="Acknowledge the selected alerts", permissions=["act"])
    def acknowledge_selected(self, request: HttpRequest, queryset: QuerySet[ExchangeRateAlert]) -> None:
        for alert in queryset:
            services.acknowledge_alert(alert_id=alert.public_id, actor=Press(request.user).actor)
        messages.success(request, "Acknowledged.")


def _chart(stats: Statistics) -> dict[str, str]:
    title = f"{stats.currency} for one dollar, last {stats.days} days"
    if not stats.points:
        return {"title": title, "summary": "No rate has been accepted in these days.", "data": ""}
    newest = stats.points[-1]
    line = {"label": stats.currency, "data": [str(point.rate) for point in stats.points]}
    data = {"labels": [point.value_date.isoformat() for point in stats.points], "datasets": [line]}
    summary = f"{newest.rate.normalize():f} on {newest.value_date}; {stats.change_percent:+} % in these days."
    return {"title": title, "summary": summary, "data": json.dumps(data)}
