"""Pago Móvil: our accounts, which of them a payment is sent to, and how one comes to be."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from apps.common.clock import database_now
from apps.fx_rates.bank_days import caracas_date
from apps.payments.exceptions import ProviderNotOffered, RecipientRefused
from apps.payments.models import Bank, PagoMovilAssignment, PagoMovilRecipient, Payment
from apps.payments.pago_movil.reading import Unreadable, doubt_about_document, read_document, read_phone
from apps.payments.selectors import pago_movil as selectors


def assign_recipient(payment: Payment) -> PagoMovilAssignment:
    """Choose the account that was asked for least today and has room, and write its data down beside the payment.

    Inside the transaction that opens the payment. The accounts are locked, so that a limit is never passed by two.

    Raises:
        ProviderNotOffered: none has room today.
    """
    list(PagoMovilRecipient.objects.filter(is_active=True).select_for_update(of=("self",)).order_by("pk"))
    chosen = selectors.recipients_with_room(payment.amount).first()
    if chosen is None:
        raise ProviderNotOffered(f"No Pago Móvil account can take {payment.money} today; choose another way of paying.")
    return PagoMovilAssignment.objects.create(
        payment=payment,
        recipient=chosen,
        bank_code=chosen.bank.code,
        bank_name=chosen.bank.short_name,
        phone=chosen.phone,
        document=chosen.document,
        holder=chosen.holder,
        amount=payment.amount,
        asked_date=caracas_date(database_now()),
    )


@dataclass(frozen=True, slots=True)
class SavedRecipient:
    """What `save_recipient` did, or would do: `outcome` is created, updated or unchanged."""

    outcome: str
    bank: str
    phone: str
    document: str
    holder: str
    doubt: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@transaction.atomic
def save_recipient(
    *,
    bank: str,
    phone: str,
    document: str,
    holder: str,
    account_number: str = "",
    daily_limit: Decimal | None = None,
    is_active: bool = True,
    position: int = 0,
    is_dry_run: bool = False,
) -> SavedRecipient:
    """Make the account with this bank, phone and document, or bring the one there is to this. Twice is once.

    Raises:
        RecipientRefused: with what is wrong, by field.
    """
    fields = _read(bank, phone, document, holder, account_number)
    found = PagoMovilRecipient.objects.filter(
        bank=fields["bank"], phone=fields["phone"], document=fields["document"]
    ).select_for_update(of=("self",))
    existing = found.first()
    wanted = {
        "holder": fields["holder"],
        "account_number": fields["account_number"],
        "daily_limit_amount": daily_limit,
        "is_active": is_active,
        "position": position,
    }
    changes = {name: value for name, value in wanted.items() if existing and getattr(existing, name) != value}
    if not is_dry_run and existing is None:
        PagoMovilRecipient.objects.create(**{**fields, **wanted})
    elif not is_dry_run and changes:
        found.update(**changes, updated_at=Now())
    outcome = "created" if existing is None else "updated" if changes else "unchanged"
    return SavedRecipient(
        outcome,
        fields["bank"].code,
        fields["phone"],
        fields["document"],
        fields["holder"],
        doubt_about_document(fields["document"]),
    )


def _read(bank: str, phone: str, document: str, holder: str, account_number: str) -> dict[str, Any]:
    errors: dict[str, list[str]] = {}
    fields: dict[str, Any] = {"holder": " ".join(holder.split())}
    for name, text, read in (("phone", phone, read_phone), ("document", document, read_document)):
        try:
            fields[name] = read(text)
        except Unreadable as refusal:
            errors[name] = [str(refusal)]
    fields["bank"] = Bank.objects.filter(code=bank, is_active=True).first()
    if fields["bank"] is None:
        errors["bank"] = [f"“{bank}” is no active bank; `populate_pagomovil_data` loads them."]
    if not fields["holder"]:
        errors["holder"] = ["Say in whose name the account is."]
    fields["account_number"] = re.sub(r"[\s-]", "", account_number)
    if fields["account_number"] and not re.fullmatch(rf"{bank}[0-9]{{16}}", fields["account_number"]):
        errors["account_number"] = ["An account has twenty digits and begins with those of its bank."]
    if errors:
        sentences = " ".join(f"{name}: {one}" for name, found in errors.items() for one in found)
        raise RecipientRefused(sentences, errors=errors)
    return fields
