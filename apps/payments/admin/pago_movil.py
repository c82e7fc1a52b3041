"""Pago Móvil for staff: the queue of reports, with both amounts side by side, and who of the staff read what."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from apps.common.admin import Button, ButtonForm, ButtonsMixin, Press, ReadOnlyAdmin, ReadOnlyInline, badge, link_to
from apps.common.money import Money
from apps.common.private_files import private_response
from apps.payments.models import OPEN_CLAIMS, VES, ClaimState, PagoMovilClaim, PagoMovilClaimEvent
from apps.payments.selectors import pago_movil as selectors
from apps.payments.services import pago_movil as services

STATE_COLOURS = {
    "reported": "warning",
    "under_review": "info",
    "confirmed": "success",
    "partial": "warning",
    "overpaid": "warning",
    "rejected": "danger",
}
MAY_DECIDE = "payments.change_pagomovilclaim"


class ApproveForm(ButtonForm):
    """The amount is typed from the bank's page and never filled in: that is the check."""

    amount = forms.DecimalField(
        min_value=Decimal("0.01"), max_digits=15, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    accept_difference = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Less than was asked shall count for what it is worth; of more, the rest goes back.",
    )

    def __init__(self, *args: Any, obj: PagoMovilClaim, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.fields["amount"].help_text = f"What the bank shows for {obj.reference}, in VES."


class RejectForm(ButtonForm):
    reason = forms.CharField(max_length=200, help_text="The customer reads it.", widget=UnfoldAdminTextInputWidget)


def _take(claim: PagoMovilClaim, press: Press) -> str:
    services.take_claim(claim_id=claim.pk, staff_user=press.user)
    return "It is yours to look for."


def _approve(claim: PagoMovilClaim, press: Press) -> str:
    claim = services.approve_claim(
        claim_id=claim.pk,
        staff_user=press.user,
        amount=press["amount"],
        accept_difference=press["accept_difference"],
        record=press.record,
    )
    if claim.state == ClaimState.UNDER_REVIEW:
        return "Your approval is written down; for so much somebody else must approve it too."
    return f"{claim.received} have come: {claim.get_state_display().lower()}."


def _reject(claim: PagoMovilClaim, press: Press) -> str:
    services.reject_claim(claim_id=claim.pk, staff_user=press.user, reason=press["reason"])
    return "It is rejected. The customer is told why, and may report again."


class QueueFilter(admin.SimpleListFilter):
    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("to_verify", "To verify at the bank"), ("second", "Waits for a second person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PagoMovilClaim]) -> QuerySet[PagoMovilClaim]:
        if self.value() is None:
            return queryset
        waiting = queryset.filter(state__in=OPEN_CLAIMS).order_by("created_at", "pk")
        return waiting if self.value() == "to_verify" else waiting.exclude(first_approved_by=None)


class EventInline(ReadOnlyInline):
    model = PagoMovilClaimEvent
    verbose_name_plural = "History"
    fields = ["created_at", "actor", "old", "new", "note"]
    ordering = ["pk"]


@admin.register(PagoMovilClaim)
class PagoMovilClaimAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["age", "order_link", "asked", "reported", "state_badge", "reference", "bank", "doubts_count"]
    list_display_links = ["age", "reference"]
    list_per_page = 25  # what is odd is asked for each row
    list_filter = [QueueFilter, ("state", ChoicesDropdownFilter), "recipient"]
    list_select_related = ["payment__order", "payment__quote", "bank", "recipient__bank"]
    search_fields = ["reference", "phone", "document", "payment__order__number"]
    ordering = ["-pk"]
    inlines = [EventInline]
    fieldsets = [
        (None, {"fields": [("order_link", "state_badge"), ("asked", "reported", "received_money"), "doubts"]}),
        ("The payment", {"fields": [("bank", "phone", "document"), ("reference", "payment_date"), "proof_picture"]}),
        ("At the bank", {"fields": [("recipient", "statement_lines")]}),
        (
            "Decision",
            {"fields": [("first_approved_by", "first_money"), ("reviewed_by", "decided_at"), "reason"]},
        ),
    ]
    buttons = [
        Button(
            name="approve",
            label="Approve",
            icon="price_check",
            variant=ActionVariant.PRIMARY,
            permission=MAY_DECIDE,
            explains="Look into the bank's statement, not at the picture, and type the amount that stands there.",
            form=ApproveForm,
            offered=lambda claim: claim.is_open,
            run=_approve,
        ),
        Button(
            name="reject",
            label="Reject",
            icon="money_off",
            permission=MAY_DECIDE,
            explains="The money cannot be found. The customer is told why, and may report again.",
            form=RejectForm,
            offered=lambda claim: claim.is_open,
            run=_reject,
        ),
        Button(
            name="take",
            label="I look for it",
            icon="front_hand",
            permission=MAY_DECIDE,
            explains="So that two do not look for the same.",
            offered=lambda claim: claim.can_become(ClaimState.UNDER_REVIEW),
            run=_take,
        ),
    ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.proof_view)
        return [path("<int:object_id>/proof/", view, name="payments_pagomovilclaim_proof"), *super().get_urls()]

    def proof_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        claim = self.get_queryset(request).filter(pk=object_id).exclude(proof="").first()
        if not self.has_view_permission(request, claim):
            raise PermissionDenied
        if claim is None:
            raise Http404
        return private_response(claim.proof)

    @display(description="Waits", ordering="created_at")
    def age(self, claim: PagoMovilClaim) -> str:
        return timesince(claim.created_at, timezone.now(), depth=1) if claim.is_open else "—"

    @display(description="Order", ordering="payment__order__number")
    def order_link(self, claim: PagoMovilClaim) -> SafeString:
        return link_to(claim.payment.order, claim.payment.order.number)

    @display(description="Asked", ordering="payment__amount")
    def asked(self, claim: PagoMovilClaim) -> str:
        return str(claim.payment.money)

    @display(description="Reported", ordering="amount")
    def reported(self, claim: PagoMovilClaim) -> str:
        return str(claim.money)

    @display(description="At the bank")
    def received_money(self, claim: PagoMovilClaim) -> str:
        return str(claim.received or "—")

    @display(description="The first read")
    def first_money(self, claim: PagoMovilClaim) -> str:
        return "—" if claim.first_amount is None else str(Money(claim.first_amount, VES))

    @display(description="State", ordering="state")
    def state_badge(self, claim: PagoMovilClaim) -> SafeString:
        return badge(claim.get_state_display(), STATE_COLOURS[claim.state])

    @display(description="Odd")
    def doubts_count(self, claim: PagoMovilClaim) -> SafeString | str:
        count = len(selectors.doubts_about(claim)) if claim.is_open else 0
        return badge(str(count), "warning") if count else "—"

    @display(description="What is odd")
    def doubts(self, claim: PagoMovilClaim) -> SafeString | str:
        sentences = [(one.message,) for one in selectors.doubts_about(claim)]
        return format_html_join(SafeString("<br>"), "{}", sentences) if sentences else "—"

    @display(description="Picture")
    def proof_picture(self, claim: PagoMovilClaim) -> SafeString | str:
        if not claim.proof:
            return "—"
        address = reverse("admin:payments_pagomovilclaim_proof", args=[claim.pk])
        return format_html('<a class="text-link" href="{}" target="_blank">Look at it</a>; it proves nothing.', address)

    @display(description="Lines with this reference")
    def statement_lines(self, claim: PagoMovilClaim) -> SafeString | str:
        lines = [(link_to(line, str(line)),) for line in selectors.lines_like(claim)]
        return format_html_join(SafeString("<br>"), "{}", lines) if lines else "—"
