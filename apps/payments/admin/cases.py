"""Cases: what about money a person must decide, and what was decided."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.common.admin import Button, ButtonForm, ButtonsMixin, Press, ReadOnlyAdmin, badge, link_to
from apps.payments import services
from apps.payments.models import Case


class ResolveForm(ButtonForm):
    resolution = forms.CharField(
        max_length=300, label="What was decided", widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


def _resolve(case: Case, press: Press) -> str:
    if services.resolve_case(case_id=case.pk, staff_user=press.user, resolution=press["resolution"]):
        return "The case is closed."
    return "Somebody had closed the case before."


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("resolved", "Resolved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        return queryset.filter(resolved_at__isnull=self.value() == "open") if self.value() else queryset


@admin.register(Case)
class CaseAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["summary", "kind", "order_link", "state", "created_at"]
    list_filter = [StateFilter, ("kind", ChoicesDropdownFilter)]
    list_select_related = ["payment__order"]
    search_fields = ["summary", "payment__order__number", "payment__reference"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": ["summary", ("kind", "state"), ("order_link", "payment"), "created_at"]}),
        ("Resolution", {"fields": ["resolution", ("resolved_by", "resolved_at")]}),
    ]
    buttons = [
        Button(
            name="resolve",
            label="Resolve",
            icon="gavel",
            variant=ActionVariant.PRIMARY,
            permission="payments.change_case",
            explains="Write down what was decided; whoever asks later will read it here.",
            form=ResolveForm,
            offered=lambda case: case.resolved_at is None,
            run=_resolve,
        )
    ]

    @display(description="Order")
    def order_link(self, case: Case) -> SafeString | str:
        return "—" if case.payment is None else link_to(case.payment.order, case.payment.order.number)

    @display(description="State")
    def state(self, case: Case) -> SafeString:
        return badge("Open", "danger") if case.resolved_at is None else badge("Resolved", "success")
