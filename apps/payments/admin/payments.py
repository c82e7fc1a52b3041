"""Payments: transfers to confirm or reject, refunds to begin. They are worked on from their order's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from apps.common.admin import (
    Button,
    ButtonForm,
    ButtonsMixin,
    Press,
    ReadOnlyAdmin,
    ReadOnlyInline,
    Refusal,
    badge,
    in_words,
    link_to,
)
from apps.common.money import Money
from apps.common.private_files import private_response
from apps.payments import selectors, services
from apps.payments.admin.by_hand import is_by_hand, is_decided_here
from apps.payments.admin.large_sums import guard_refund_of_payment
from apps.payments.exceptions import ProviderRejected
from apps.payments.models import Payment, PaymentStatus, Refund, TransferProof
from apps.payments.providers import codes_by_hand

STATUS_COLOURS = {
    "created": "",
    "pending": "warning",
    "processing": "info",
    "failed": "danger",
    "succeeded": "success",
    "cancelled": "",
    "needs_review": "danger",
}


class ConfirmForm(ButtonForm):
    """The amount is typed from the bank's page and never filled in: that is the check."""

    amount = forms.DecimalField(min_value=0, max_digits=19, decimal_places=4, widget=UnfoldAdminDecimalFieldWidget)
    accept_difference = forms.BooleanField(
        required=False,
        label="Let another amount count",
        help_text="For what it is worth: a part leaves a balance, what is too much goes back.",
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, *args: Any, obj: Payment, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.fields["amount"].help_text = f"What the bank shows for {obj.reference}, in {obj.currency}."


class RejectForm(ButtonForm):
    reason = forms.CharField(max_length=200, help_text="The customer may read it.", widget=UnfoldAdminTextInputWidget)


class RefundForm(ButtonForm):
    amount = forms.DecimalField(max_digits=19, decimal_places=4, widget=UnfoldAdminDecimalFieldWidget)
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, obj: Payment, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.fields["amount"].initial = obj.refundable.rounded().amount
        self.fields["amount"].help_text = f"At most {obj.refundable}."


def _confirm(payment: Payment, press: Press) -> str:
    amount = Money(press["amount"], payment.currency)
    payment = services.confirm_manual_payment(
        payment_id=payment.pk,
        staff_user=press.user,
        amount=amount,
        accept_difference=press["accept_difference"],
        record=press.record,
    )
    if payment.status == PaymentStatus.NEEDS_REVIEW:
        return f"{amount} came where {payment.money} was due: it is set aside, and a case is open."
    return _counted(payment)


def _accept(payment: Payment, press: Press) -> str:
    return _counted(services.accept_set_aside(payment_id=payment.pk, staff_user=press.user))


def _counted(payment: Payment) -> str:
    if not payment.counted_amount:
        return f"{payment.captured} has come, and {payment.order} had no use for it: it goes back."
    if payment.captured == payment.money and payment.counted == payment.part:
        return f"{payment.captured} has come for {payment.order}."
    return f"{payment.captured} has come for {payment.order}, and counts as {payment.counted}."


def _reject(payment: Payment, press: Press) -> str:
    services.reject_manual_payment(payment_id=payment.pk, staff_user=press.user, reason=press["reason"])
    return f"{payment} is rejected; the order can still be paid while its window is open."


def _refund(payment: Payment, press: Press) -> str:
    refund = services.request_refund(
        payment_id=payment.pk,
        amount=Money(press["amount"], payment.currency),
        reason=press["reason"],
        actor=press.actor,
        record=press.record,
    )
    return f"{refund.money} is on its way back."


def _ask_provider(payment: Payment, press: Press) -> str:
    try:
        payment = services.settle_payment(payment_id=payment.pk)
    except ProviderRejected as refusal:
        raise Refusal(str(refusal)) from refusal
    return f"{payment} is {payment.get_status_display().lower()}."


class QueueFilter(admin.SimpleListFilter):
    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("to_verify", "To verify at the bank"), ("set_aside", "Set aside: it does not fit")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        if self.value() is None:
            return queryset
        if self.value() == "set_aside":
            return queryset.filter(pk__in=selectors.set_aside())
        return queryset.filter(pk__in=selectors.transfers_to_verify(by_hand=codes_by_hand()))


class ProofInline(ReadOnlyInline):
    model = TransferProof
    verbose_name_plural = "what the customer says of the transfer"
    fields = ["created_at", "bank_reference", "payer", "seen_elsewhere", "picture_link"]
    ordering = ["pk"]

    @display(description="Same reference elsewhere")
    def seen_elsewhere(self, proof: TransferProof) -> str:
        others = TransferProof.objects.filter(bank_reference=proof.bank_reference).exclude(payment=proof.payment_id)
        return ", ".join(others.values_list("payment__reference", flat=True)[:5]) or "–"

    @display(description="Picture")
    def picture_link(self, proof: TransferProof) -> SafeString | str:
        if not proof.picture:
            return "–"
        url = reverse("admin:payments_transfer_picture", args=[proof.pk])
        return format_html('<a href="{}" target="_blank">Show</a>', url)


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = ["created_at", "money", "status", "reason", "actor", "failure_message"]
    ordering = ["pk"]
    show_change_link = True

    @display(description="Amount")
    def money(self, refund: Refund) -> str:
        return str(refund.money)


@admin.register(Payment)
class PaymentAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = [
        "reference",
        "order_link",
        "way",
        "status_badge",
        "money",
        "pays",
        "received",
        "counts",
        "kept",
        "created_at",
    ]
    list_filter = [QueueFilter, ("status", ChoicesDropdownFilter), "provider"]
    list_select_related = ["order", "quote"]
    search_fields = ["reference", "provider_reference", "order__number", "order__email"]
    ordering = ["-pk"]
    inlines = [ProofInline, RefundInline]
    fieldsets = [
        (None, {"fields": [("order_link", "way"), ("reference", "provider_reference")]}),
        ("State", {"fields": [("status_badge", "succeeded_at"), ("received", "given_back", "kept")]}),
        ("What it is for", {"fields": [("money", "pays", "counts"), "rate"]}),
        ("What the provider says", {"fields": ["failure_code", "failure_message", "provider_answer"]}),
    ]
    buttons = [
        Button(
            name="confirm",
            label="Confirm transfer",
            icon="price_check",
            variant=ActionVariant.PRIMARY,
            permission="payments.change_payment",
            explains="The money is on the shop's account. Another amount than is due is set aside with a case.",
            form=ConfirmForm,
            offered=lambda payment: (
                is_decided_here(payment) and payment.can_become(PaymentStatus.SUCCEEDED) and not payment.refunded_amount
            ),
            run=_confirm,
        ),
        Button(
            name="accept",
            label="Accept what came",
            icon="task_alt",
            variant=ActionVariant.PRIMARY,
            permission="payments.change_payment",
            explains="What was set aside counts for what it is worth: a part leaves a balance, too much goes back.",
            offered=lambda payment: (
                payment.status == PaymentStatus.NEEDS_REVIEW
                and payment.captured.amount > 0
                and not payment.refunded_amount
            ),
            run=_accept,
        ),
        Button(
            name="reject",
            label="Reject transfer",
            icon="money_off",
            permission="payments.change_payment",
            explains="The money cannot be found. The customer is told, and may pay another way in time.",
            form=RejectForm,
            offered=lambda payment: is_decided_here(payment) and payment.can_become(PaymentStatus.FAILED),
            run=_reject,
        ),
        Button(
            name="refund",
            label="Refund",
            icon="currency_exchange",
            variant=ActionVariant.DANGER,
            permission="payments.change_payment",
            explains="The money goes back the way it came; a transfer becomes a case for whoever sends it.",
            form=RefundForm,
            guard=guard_refund_of_payment,
            offered=lambda payment: payment.refundable.amount > 0,
            run=_refund,
        ),
        Button(
            name="ask",
            label="Ask the provider",
            icon="sync",
            permission="payments.change_payment",
            explains="The provider says what is true, and the shop follows.",
            offered=lambda payment: bool(payment.provider_reference) and not is_by_hand(payment),
            run=_ask_provider,
        ),
    ]

    def get_urls(self) -> list[URLPattern]:
        show = self.admin_site.admin_view(self.show_picture)
        return [path("proofs/<int:proof_id>/picture/", show, name="payments_transfer_picture"), *super().get_urls()]

    def show_picture(self, request: HttpRequest, proof_id: int) -> HttpResponse:
        """What a customer sent with his report, for whoever may see payments."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        proof = get_object_or_404(TransferProof.objects.exclude(picture=""), pk=proof_id)
        return private_response(proof.picture)

    def page_of(self, obj: Any) -> str:
        """The order's page, which an app above owns."""
        return reverse("admin:orders_order_change", args=[obj.order_id])

    @display(description="Provider", ordering="provider")
    def way(self, payment: Payment) -> str:
        return in_words(payment.provider)

    @display(description="Order", ordering="order__number")
    def order_link(self, payment: Payment) -> SafeString:
        return link_to(payment.order, payment.order.number)

    @display(description="Status", ordering="status")
    def status_badge(self, payment: Payment) -> SafeString:
        return badge(payment.get_status_display(), STATUS_COLOURS[payment.status])

    @display(description="Amount", ordering="amount")
    def money(self, payment: Payment) -> str:
        return str(payment.money)

    @display(description="Received", ordering="captured_amount")
    def received(self, payment: Payment) -> str:
        return str(payment.captured)

    @display(description="Pays", ordering="order_amount")
    def pays(self, payment: Payment) -> str:
        """The part of the order that it is for; with the rate, where it comes in another currency."""
        if payment.quote is None:
            return str(payment.part)
        return f"{payment.part} at {payment.quote.figure}"

    @display(description="Counted", ordering="counted_amount")
    def counts(self, payment: Payment) -> str:
        return str(payment.counted) if payment.counted_amount else "—"

    @display(description="Fee", ordering="fee_amount")
    def kept(self, payment: Payment) -> str:
        return "—" if payment.fee is None else str(payment.fee)

    @display(description="Rate")
    def rate(self, payment: Payment) -> str:
        return selectors.describe_quote(payment) or "—"

    @display(description="Given back", ordering="refunded_amount")
    def given_back(self, payment: Payment) -> str:
        return str(payment.refunded)
