"""Bank transfer: the customer sends money with our reference, staff see it arrive and say how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from apps.common.money import Money
from apps.payments.providers.base import NextAction, ProviderPayment, ProviderStatus


@dataclass(frozen=True, slots=True)
class BankTransferProvider:
    instructions: str
    currencies: frozenset[str]
    window: timedelta
    countries: frozenset[str] = frozenset()
    code: ClassVar[str] = "bank_transfer"

    def takes(self, amount: Money) -> bool:
        return amount.amount > 0 and amount.currency in self.currencies

    def start(self, *, reference: str, amount: Money, email: str, return_url: str, cancel_url: str) -> ProviderPayment:
        details = {"instructions": self.instructions, "amount": amount.as_json(), "reference": reference}
        return ProviderPayment(
            provider_reference="",
            status=ProviderStatus.PENDING,
            captured=Money.zero(amount.currency),
            next_action=NextAction("transfer_instructions", details),
        )
