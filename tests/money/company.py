"""A payment company in memory, to which a thousand things can happen in a second; it is just another provider.

What our adapters make of the real companies is proved at the wire elsewhere. Here only their meaning counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from apps.common.money import Money
from apps.payments.exceptions import ProviderRejected, ProviderUnavailable, WebhookNotGenuine
from apps.payments.providers import (
    Delivery,
    NextAction,
    ProviderDispute,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    ProviderStatus,
)
from apps.payments.providers.base import DisputeStatus

FEE = Decimal("0.30")
UNDECIDED = {ProviderStatus.PENDING, ProviderStatus.AUTHORISED, ProviderStatus.PROCESSING, ProviderStatus.FAILED}


@dataclass
class Charge:
    """What the company knows of one attempt. `will_bring` is what it takes once it captures."""

    reference: str
    asked: Money
    will_bring: Money
    captured: Money
    status: ProviderStatus = ProviderStatus.PENDING
    fee: Money | None = None
    refunds: list[ProviderRefund] = field(default_factory=list)
    disputes: list[ProviderDispute] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"ch_{self.reference}"

    @property
    def given_back(self) -> Money:
        gone = [one.amount for one in self.refunds if one.status != ProviderStatus.FAILED]
        return sum(gone, Money.zero(self.captured.currency))

    @property
    def disputed(self) -> Money:
        taken = [one.amount for one in self.disputes if one.status != DisputeStatus.WON]
        return sum(taken, Money.zero(self.captured.currency))

    @property
    def left(self) -> Money:
        return self.captured - self.given_back

    def truth(self) -> ProviderPayment:
        is_taken = self.status == ProviderStatus.SUCCEEDED
        return ProviderPayment(
            provider_reference=self.name,
            status=self.status,
            captured=self.captured,
            capture_reference=f"money_of_{self.name}" if is_taken else "",
            fee=self.fee,
            next_action=NextAction("redirect", {"url": f"https://company.test/{self.name}"}),
            refunds=tuple(self.refunds),
            disputes=tuple(self.disputes),
            failure_code="declined" if self.status == ProviderStatus.FAILED else "",
        )


@dataclass
class Company:
    """An online provider. Where `asks_to_capture`, the customer only agrees, and the shop takes the money."""

    code: str
    asks_to_capture: bool
    refunds_take_time: bool
    currencies: frozenset[str] = frozenset({"USD", "VES"})
    countries: frozenset[str] = frozenset()
    delivery: Delivery = Delivery.ANY
    signature_headers: tuple[str, ...] = ("X-Signature",)
    window: timedelta | None = timedelta(minutes=15)
    charges: dict[str, Charge] = field(default_factory=dict)
    stumbles: str = ""  # "before" or "after" its next work; the caller learns nothing

    def takes(self, amount: Money) -> bool:
        return amount.currency in self.currencies and amount.amount > 0

    def start(self, *, reference: str, amount: Money, email: str, return_url: str, cancel_url: str) -> ProviderPayment:
        nothing = Money.zero(amount.currency)
        charge = Charge(reference, amount, will_bring=amount, captured=nothing)
        with _Work(self):
            charge = self.charges.setdefault(charge.name, charge)
        return charge.truth()

    def fetch(self, provider_reference: str) -> ProviderPayment:
        with _Work(self):
            return self.charges[provider_reference].truth()

    def capture(self, provider_reference: str, *, key: str) -> ProviderPayment:
        with _Work(self):
            charge = self.charges[provider_reference]
            if charge.status == ProviderStatus.AUTHORISED:
                self.take(charge)
        return charge.truth()

    def void(self, provider_reference: str) -> ProviderPayment:
        with _Work(self):
            charge = self.charges[provider_reference]
            if charge.status in {ProviderStatus.PENDING, ProviderStatus.AUTHORISED, ProviderStatus.FAILED}:
                charge.status = ProviderStatus.CANCELLED
        return charge.truth()

    def refund(self, provider_reference: str, *, amount: Money, key: str) -> ProviderRefund:
        with _Work(self):
            charge = self.charges[provider_reference]
            known = next((one for one in charge.refunds if one.key == key), None)
            return known or self.give_back(charge, amount, key)

    def list_refunds(self, provider_reference: str) -> list[ProviderRefund]:
        with _Work(self):
            return list(self.charges[provider_reference].refunds)

    def read_webhook(
        self, *, headers: dict[str, str], body: bytes, received_at: datetime | None = None
    ) -> ProviderEvent:
        if headers.get("X-Signature") != "genuine":
            raise WebhookNotGenuine("There is no valid signature.")
        event = json.loads(body)
        return ProviderEvent(
            key=event["id"],
            type="charge.changed",
            provider_reference=event["charge"],
            capture_reference=event["money"],
            reference=event["reference"],
        )

    def agree(self, charge: Charge) -> None:
        """What the customer does on the company's page."""
        if self.asks_to_capture:
            charge.status = ProviderStatus.AUTHORISED
        else:
            self.take(charge)

    def take(self, charge: Charge) -> None:
        charge.status, charge.captured = ProviderStatus.SUCCEEDED, charge.will_bring
        charge.fee = Money(min(FEE, charge.captured.amount), charge.captured.currency)

    def give_back(self, charge: Charge, amount: Money, key: str = "") -> ProviderRefund:
        """Also what staff do in the company's panel, without a key of ours."""
        if amount.currency != charge.captured.currency or charge.left < amount or charge.disputed.amount:
            raise ProviderRejected(self.code, reason="cannot_refund")
        status = ProviderStatus.PROCESSING if self.refunds_take_time else ProviderStatus.SUCCEEDED
        name = f"re_{charge.reference}_{len(charge.refunds)}"
        refund = ProviderRefund(provider_reference=name, amount=amount, status=status, key=key)
        charge.refunds.append(refund)
        return refund

    def decide_refund(self, charge: Charge, index: int, status: ProviderStatus) -> None:
        charge.refunds[index] = replace(charge.refunds[index], status=status)

    def dispute(self, charge: Charge) -> None:
        name = f"dp_{charge.reference}_{len(charge.disputes)}"
        wanted = ProviderDispute(provider_reference=name, amount=charge.left, status=DisputeStatus.OPEN)
        charge.disputes.append(wanted)

    def decide_disputes(self, charge: Charge, status: DisputeStatus) -> None:
        charge.disputes = [
            replace(one, status=status) if one.status == DisputeStatus.OPEN else one for one in charge.disputes
        ]


@dataclass
class _Work:
    """A call that the company may lose, before it has done anything or after it has done all of it."""

    company: Company

    def __enter__(self) -> None:
        if self.company.stumbles == "before":
            self.stumble()

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is None and self.company.stumbles == "after":
            self.stumble()

    def stumble(self) -> None:
        self.company.stumbles = ""
        raise ProviderUnavailable("The company does not answer.")
