"""Pago Móvil: the customer pushes bolívares to one of the shop's phones, reports how, and staff find it at the bank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from apps.common.money import Money
from apps.payments.pago_movil.instructions import Transfer
from apps.payments.providers.base import Delivery, NextAction, ProviderPayment, ProviderStatus

PAGO_MOVIL = "pago_movil"
BOLIVARES = "VES"


@dataclass(frozen=True, slots=True)
class PagoMovilProvider:
    """`has_room` says whether one of our accounts may take so much today; `transfer_for` what a payment was told."""

    window: timedelta
    has_room: Callable[[Money], bool]
    transfer_for: Callable[[str], Transfer]
    code: str = PAGO_MOVIL
    currencies: frozenset[str] = frozenset({BOLIVARES})
    countries: frozenset[str] = frozenset()
    delivery: Delivery = Delivery.ANY

    def takes(self, amount: Money) -> bool:
        return amount.amount > 0 and amount.currency == BOLIVARES and self.has_room(amount)

    def why_not(self, amount: Money) -> str:
        is_bolivares = amount.amount > 0 and amount.currency == BOLIVARES
        return f"None of the shop's accounts can take {amount} by Pago Móvil today." if is_bolivares else ""

    def start(self, *, reference: str, amount: Money, email: str, return_url: str, cancel_url: str) -> ProviderPayment:
        """Our reference is its own: a report that staff refuse leaves the payment open for another."""
        return ProviderPayment(
            provider_reference=reference,
            status=ProviderStatus.PENDING,
            captured=Money.zero(amount.currency),
            next_action=NextAction("transfer_instructions", self.transfer_for(reference).as_json()),
        )
