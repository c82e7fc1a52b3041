"""Cases: what about money a person must decide, and what was decided."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.common.admin import Button, ButtonForm, ButtonsMixin, Press, ReadOnlyAdmin, badge, link_to
from apps.payments import services
from apps.payments.models import Case, CaseKind

WHAT_NEXT = {
    CaseKind.WRONG_AMOUNT: (
        "Compare what came with what was asked. On the order's page accept what came, which lets it count for what it"
        " is worth, or refund it; then resolve the case."
    ),
    CaseKind.UNITS_GONE: (
        "The money is on its way back by itself, and the customer was told. See whether to offer him other goods, and"
        " resolve the case when the refund has arrived."
    ),
    CaseKind.REFUND_FAILED: (
        "The money is still with us. Read why on the order's page, ask the customer where to send it, refund again or"
        " send it by hand, and write down which."
    ),
    CaseKind.REFUND_BY_HAND: (
        "Send the money from the shop's account, then press “Sent by hand” at the refund on the order's page; that"
        " closes the case."
    ),
    CaseKind.DISPUTED: (
        "Answer in the provider's panel before the day it names, with proof of delivery; no answer is a lost dispute."
        " What is decided there is booked here by itself."
    ),
    CaseKind.UNKNOWN_OBJECT: (
        "Open the webhook inbox and look the message up in the provider's panel. If it is money of this shop, apply it"
        " again once its payment is here; if it is somebody else's, write that down."
    ),
}


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
    list_display = ["summary", "kind", "order_link", "payment_link", "state", "age"]
    list_filter = [StateFilter, ("kind", ChoicesDropdownFilter)]
    list_select_related = ["payment__order"]
    search_fields = ["summary", "payment__order__number", "payment__reference"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "summary",
                    "next_step",
                    ("kind", "state"),
                    ("order_link", "payment_link"),
                    ("created_at", "age"),
                ]
            },
        ),
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

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """The queue begins with whoever has waited longest."""
        return ["pk"] if request.GET.get(StateFilter.parameter_name) == "open" else ["-pk"]

    @display(description="What to do next")
    def next_step(self, case: Case) -> str:
        return "Nothing; it is closed." if case.resolved_at else WHAT_NEXT[CaseKind(case.kind)]

    @display(description="Payment")
    def payment_link(self, case: Case) -> SafeString | str:
        return "—" if case.payment is None else link_to(case.payment, case.payment.reference)

    @display(description="Age", ordering="created_at")
    def age(self, case: Case) -> str:
        """How long it waits, or how long it took."""
        return timesince(case.created_at, case.resolved_at, depth=1)

    @display(description="Order")
    def order_link(self, case: Case) -> SafeString | str:
        return "—" if case.payment is None else link_to(case.payment.order, case.payment.order.number)

    @display(description="State")
    def state(self, case: Case) -> SafeString:
        return badge("Open", "danger") if case.resolved_at is None else badge("Resolved", "success")
