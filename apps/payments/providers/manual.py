"""Money that only staff see: a bank transfer with our reference, cash when the order is fetched, cash at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from apps.common.money import Money
from apps.payments.providers.base import Delivery, NextAction, ProviderPayment, ProviderStatus

BANK_TRANSFER, CASH_ON_PICKUP, CASH_ON_DELIVERY = "bank_transfer", "cash_on_pickup", "cash_on_delivery"


@dataclass(frozen=True, slots=True)
class ManualProvider:
    """One of the three ways. Staff say what arrived; nobody can be asked."""

    code: str
    currencies: frozenset[str]
    window: timedelta | None
    instructions: str = ""
    countries: frozenset[str] = frozenset()
    delivery: Delivery = Delivery.ANY

    def takes(self, amount: Money) -> bool:
        return amount.amount > 0 and amount.currency in self.currencies

    def start(self, *, reference: str, amount: Money, email: str, return_url: str, cancel_url: str) -> ProviderPayment:
        action = NextAction()
        if self.instructions:
            details = {"instructions": self.instructions, "amount": amount.as_json(), "reference": reference}
            action = NextAction("transfer_instructions", details)
        return ProviderPayment(
            provider_reference="",
            status=ProviderStatus.PENDING,
            captured=Money.zero(amount.currency),
            next_action=action,
        )
