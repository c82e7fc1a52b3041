"""What somebody is told who pays by Pago Móvil: every figure by itself, the same as plain text, and as a QR."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import segno
from django.utils import translation
from django.utils.translation import gettext as _

from apps.common.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One payment that a customer is to push: to whom, how much to the cent, by which rate, until when.

    `concept` is what to write on it. `language` is the order's. The rate is None where the order is in bolívares.
    """

    bank_code: str
    bank_name: str
    phone: str
    document: str
    holder: str
    amount: Money
    concept: str
    language: str
    rate: Decimal | None = None
    source: str = ""
    value_date: date | None = None
    quoted_until: datetime | None = None
    pay_before: datetime | None = None

    @property
    def local_phone(self) -> str:
        """As the banks' apps want it: 04121234567."""
        return f"0{self.phone.removeprefix('+58')}"

    def as_text(self) -> str:
        """Lines to read or to copy, in the customer's language."""
        with translation.override(self.language):
            return "\n".join(
                [
                    "Pago Móvil",
                    _("Bank: %(bank)s") % {"bank": f"{self.bank_code} {self.bank_name}"},
                    _("Phone: %(phone)s") % {"phone": self.local_phone},
                    _("Document: %(document)s") % {"document": self.document},
                    _("Name: %(holder)s") % {"holder": self.holder},
                    _("Amount: Bs. %(amount)s") % {"amount": in_bolivares(self.amount.amount)},
                    _("Concept: %(concept)s") % {"concept": self.concept},
                ]
            )

    def as_qr(self) -> str:
        """The text as an SVG in a data URI. There is no common standard of the banks: it is an aid for copying."""
        uri: str = segno.make(self.as_text(), error="m", encoding="utf-8").svg_data_uri(scale=4)
        return uri

    def as_json(self) -> dict[str, Any]:
        return {
            "instructions": self.as_text(),
            "qr": self.as_qr(),
            "amount": self.amount.as_json(),
            "concept": self.concept,
            "recipient": {
                "bank_code": self.bank_code,
                "bank_name": self.bank_name,
                "phone": self.phone,
                "local_phone": self.local_phone,
                "document": self.document,
                "holder": self.holder,
            },
            "rate": None if self.rate is None else f"{self.rate.normalize():f}",
            "rate_source": self.source,
            "rate_value_date": _iso(self.value_date),
            "quoted_until": _iso(self.quoted_until),
            "pay_before": _iso(self.pay_before),
        }


def in_bolivares(amount: Decimal) -> str:
    """1.234,56 as the banks' apps show it."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def _iso(moment: date | datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
