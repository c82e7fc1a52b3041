"""The books: every movement of money with its two sides, and what the accounts hold."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSingleDateWidget

from apps.common.admin import ReadOnlyAdmin, ReadOnlyInline, exactly, in_words, link_to
from apps.common.money import Money
from apps.payments import selectors
from apps.payments.models import Account, LedgerEntry, LedgerTransaction
from apps.payments.selectors import Balance


class PeriodForm(forms.Form):
    """Days by the shop's clock, both counted in."""

    since = forms.DateField(required=False, label="From", widget=UnfoldAdminSingleDateWidget)
    until = forms.DateField(required=False, label="To", widget=UnfoldAdminSingleDateWidget)

    def clean(self) -> dict[str, Any]:
        days: dict[str, Any] = super().clean() or {}
        if days.get("since") and days.get("until") and days["since"] > days["until"]:
            raise forms.ValidationError("The first day comes after the last.")
        return days


class EntryInline(ReadOnlyInline):
    model = LedgerEntry
    fields = ["account", "of", "debit", "credit"]
    ordering = ["pk"]

    @display(description="Provider")
    def of(self, entry: LedgerEntry) -> str:
        return in_words(entry.provider) or "—"

    @display(description="Debit")
    def debit(self, entry: LedgerEntry) -> str:
        return exactly(entry.money) if entry.amount > 0 else ""

    @display(description="Credit")
    def credit(self, entry: LedgerEntry) -> str:
        return exactly(-entry.money) if entry.amount < 0 else ""


class AccountFilter(admin.SimpleListFilter):
    title = "account"
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(account.value, in_words(account.value)) for account in Account]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LedgerTransaction]) -> QuerySet[LedgerTransaction]:
        if self.value() is None:
            return queryset
        return queryset.filter(pk__in=LedgerEntry.objects.filter(account=self.value()).values("transaction"))


@admin.register(LedgerTransaction)
class LedgerTransactionAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "description", "order_link", "moved"]
    list_filter = [AccountFilter, ("created_at", RangeDateFilter)]
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ["order"]
    list_before_template = "payments/to_balances.html"
    search_fields = ["order__number", "payment__reference", "description"]
    ordering = ["-pk"]
    inlines = [EntryInline]
    fieldsets = [(None, {"fields": ["description", ("order_link", "payment_link"), ("created_at", "key")]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerTransaction]:
        return super().get_queryset(request).prefetch_related("entries")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.balances_view)
        return [path("balances/", view, name="payments_ledgertransaction_balances"), *super().get_urls()]

    @method_decorator(require_safe)
    def balances_view(self, request: HttpRequest) -> HttpResponse:
        """The trial balance: what moved in every account, by provider and currency; its sums are zero."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = PeriodForm(request.GET or None)
        days = form.cleaned_data if form.is_valid() else {}
        since, until = days.get("since"), days.get("until")
        balances = selectors.trial_balance(
            since=_midnight(since) if since else None, until=_midnight(until + timedelta(days=1)) if until else None
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Balances of the accounts",
            "form": form,
            "media": self.media + form.media,  # calendars lean on the admin's own scripts
            "currencies": [_table(currency, rows) for currency, rows in balances.items()],
        }
        return TemplateResponse(request, "payments/balances.html", context)

    @display(description="Order", ordering="order__number")
    def order_link(self, transaction: LedgerTransaction) -> SafeString:
        return link_to(transaction.order, transaction.order.number)

    @display(description="Payment")
    def payment_link(self, transaction: LedgerTransaction) -> SafeString | str:
        return "—" if transaction.payment is None else link_to(transaction.payment, transaction.payment.reference)

    @display(description="Moved")
    def moved(self, transaction: LedgerTransaction) -> str:
        """The sum of its debits, in each currency."""
        sums: dict[str, Money] = {}
        for entry in transaction.entries.all():
            if entry.amount > 0:
                sums[entry.currency] = sums.get(entry.currency, Money.zero(entry.currency)) + entry.money
        return ", ".join(exactly(money) for money in sums.values())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(settings.SHOP_TIME_ZONE))


def _table(currency: str, rows: list[Balance]) -> dict[str, Any]:
    debit = sum((row.debit for row in rows), Money.zero(currency))
    credit = sum((row.credit for row in rows), Money.zero(currency))
    return {
        "currency": currency,
        "rows": [_row(row) for row in rows],
        "sums": [exactly(debit), exactly(credit), exactly(debit - credit)],
        "is_balanced": debit == credit,
    }


def _row(row: Balance) -> dict[str, Any]:
    return {
        "account": in_words(row.account),
        "meaning": Account(row.account).label,
        "provider": in_words(row.provider) or "—",
        "figures": [exactly(row.debit), exactly(row.credit), exactly(row.money)],
    }
