"""Pago Móvil for those who keep it: banks, the shop's accounts, the banks' statements and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from apps.common.admin import Button, ButtonForm, ButtonsMixin, EditableAdmin, Press, ReadOnlyAdmin, badge, link_to
from apps.payments.models import VES, Bank, BankStatement, PagoMovilRecipient, StatementLayout, StatementLine
from apps.payments.pago_movil.matching import SENTENCES
from apps.payments.pago_movil.reading import Unreadable, read_document, read_phone
from apps.payments.pago_movil.statements import MOST_BYTES
from apps.payments.services import pago_movil as services


class RecipientForm(forms.ModelForm):
    class Meta:
        model = PagoMovilRecipient
        fields = [
            "bank",
            "phone",
            "document",
            "holder",
            "account_number",
            "daily_limit_amount",
            "is_active",
            "position",
        ]

    def clean_phone(self) -> str:
        return _read(read_phone, self.cleaned_data["phone"])

    def clean_document(self) -> str:
        return _read(read_document, self.cleaned_data["document"])


def _read(read: Callable[[str], str], text: str) -> str:
    try:
        return read(text)
    except Unreadable as refusal:
        raise forms.ValidationError(str(refusal)) from refusal


class StatementForm(ButtonForm):
    layout = forms.ModelChoiceField(StatementLayout.objects.order_by("name"), widget=UnfoldAdminSelectWidget)
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, help_text="CSV or XLSX, as the bank gave it.")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB.")
        return file


def _bring(recipient: PagoMovilRecipient, press: Press) -> str:
    imported = services.import_statement(
        recipient_id=recipient.pk,
        layout_id=press["layout"].pk,
        filename=press["file"].name,
        content=press["file"].read(),
        staff_user=press.user,
    )
    return (
        f"{imported.lines} lines, {imported.known} of them known: {len(imported.confirmed)} reports confirmed, "
        f"{len(imported.unmatched)} lines wait, {len(imported.bad_rows)} rows could not be read."
    )


@admin.register(PagoMovilRecipient)
class PagoMovilRecipientAdmin(ButtonsMixin, EditableAdmin):
    form = RecipientForm
    list_display = ["bank", "phone", "holder", "document", "limit", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["bank"]
    ordering = ["position", "pk"]
    buttons = [
        Button(
            name="statement",
            label="Bring a statement",
            icon="upload_file",
            variant=ActionVariant.PRIMARY,
            permission="payments.change_pagomovilclaim",
            explains="Reports that it proves beyond doubt are confirmed in your name; all other lines are listed.",
            form=StatementForm,
            run=_bring,
        )
    ]

    @display(description="Daily limit", ordering="daily_limit_amount")
    def limit(self, recipient: PagoMovilRecipient) -> str:
        amount = recipient.daily_limit_amount
        return "none" if amount is None else f"{amount:,.2f} {VES}"


@admin.register(Bank)
class BankAdmin(EditableAdmin):
    list_display = ["code", "short_name", "name", "is_active", "is_listed"]
    list_filter = ["is_active", "is_listed"]
    search_fields = ["code", "name", "short_name"]
    ordering = ["code"]


@admin.register(StatementLayout)
class StatementLayoutAdmin(EditableAdmin):
    list_display = ["name", "date_column", "reference_column", "amount_column", "sign"]
    ordering = ["name"]


@admin.register(BankStatement)
class BankStatementAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "recipient", "filename", "uploaded_by", "known_count", "outgoing_count"]
    list_select_related = ["recipient__bank", "uploaded_by"]
    ordering = ["-pk"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("recipient", "layout"),
                    ("filename", "uploaded_by", "created_at"),
                    ("known_count", "outgoing_count"),
                    "bad_rows",
                ]
            },
        )
    ]


@admin.register(StatementLine)
class StatementLineAdmin(ReadOnlyAdmin):
    list_display = ["posted_date", "reference", "amount_in_ves", "verdict_badge", "explanation", "report"]
    list_filter = ["verdict", ("statement", RelatedDropdownFilter)]
    list_select_related = ["claim__bank", "like_claim__bank"]
    search_fields = ["reference", "phone"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": [("posted_date", "reference", "amount_in_ves"), ("bank_code", "phone", "text")]}),
        ("Verdict", {"fields": [("verdict_badge", "explanation"), "report"]}),
        ("Where it stands", {"fields": [("statement", "row")]}),
    ]

    @display(description="Amount", ordering="amount")
    def amount_in_ves(self, line: StatementLine) -> str:
        return str(line.money)

    @display(description="Verdict", ordering="verdict")
    def verdict_badge(self, line: StatementLine) -> SafeString:
        return badge(line.verdict or "new", "success" if line.claim_id else "warning")

    @display(description="Why")
    def explanation(self, line: StatementLine) -> str:
        return SENTENCES.get(line.verdict, "It fits, and the report could not be confirmed by it alone.")

    @display(description="Report")
    def report(self, line: StatementLine) -> SafeString | str:
        claim = line.claim or line.like_claim
        return link_to(claim, str(claim)) if claim else "—"
