"""Which ways of paying are open for a purchase, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings

from apps.common.exceptions import DomainError
from apps.common.money import Money
from apps.fx_rates import selectors as fx_selectors
from apps.payments.exceptions import ProviderNotOffered, ReturnUrlNotAllowed
from apps.payments.providers import Delivery, ExplainingProvider, PaymentProvider, open_providers

DELIVERY_REASONS = {
    Delivery.PICKUP: ("pickup-only", "Only for orders that the customer fetches."),
    Delivery.SHIPPING: ("shipping-only", "Only for orders that are sent."),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a way of paying is closed: a word for programs, a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A way of paying and whether it is open; `amounts` is what would be asked, in each currency that it takes."""

    code: str
    window: timedelta | None
    currencies: list[str]
    amounts: list[Money]
    reasons: list[Reason]

    @property
    def is_open(self) -> bool:
        return not self.reasons


def payment_methods(
    *, amount: Money | None = None, country: str = "", is_pickup: bool | None = None, currency: str = ""
) -> list[PaymentMethod]:
    """Every way of paying; one that is not open for this amount, country or delivery says why."""
    return [_look(provider, amount, country, is_pickup, currency) for provider in open_providers()]


def _look(
    way: PaymentProvider, amount: Money | None, country: str, is_pickup: bool | None, currency: str
) -> PaymentMethod:
    currencies = sorted(way.currencies)
    reasons = _misfits(way, country, is_pickup)
    if currency and currency not in way.currencies:
        reasons.append(Reason("currency", f"It takes {', '.join(currencies)}, not {currency}."))
    amounts: list[Money] = []
    if amount is not None and not reasons:
        amounts, why_not = _amounts(way, amount, [currency] if currency else currencies)
        reasons += [] if amounts else why_not
    return PaymentMethod(way.code, way.window, currencies, amounts, reasons)


def _amounts(way: PaymentProvider, amount: Money, currencies: list[str]) -> tuple[list[Money], list[Reason]]:
    amounts, why_not = [], []
    for currency in currencies:
        try:
            asked = amount if currency == amount.currency else fx_selectors.convert(amount, currency).after
        except DomainError as refusal:
            why_not.append(Reason(refusal.code, refusal.detail))
            continue
        if way.takes(asked):
            amounts.append(asked)
        else:
            why_not.append(Reason("amount", why_not_taken(way, asked)))
    return amounts, why_not


def why_not_taken(way: PaymentProvider, amount: Money) -> str:
    """Why it does not take this amount, as far as it can say."""
    explained = way.why_not(amount) if isinstance(way, ExplainingProvider) else ""
    return explained or f"“{way.code}” does not take {amount}."


def _misfits(way: PaymentProvider, country: str, is_pickup: bool | None) -> list[Reason]:
    reasons = []
    if country and way.countries and country not in way.countries:
        reasons.append(Reason("country", f"Only for orders that go to {', '.join(sorted(way.countries))}."))
    wanted = {None: None, True: Delivery.PICKUP, False: Delivery.SHIPPING}[is_pickup]
    if wanted and way.delivery not in {Delivery.ANY, wanted}:
        reasons.append(Reason(*DELIVERY_REASONS[way.delivery]))
    return reasons


def require_fit(way: PaymentProvider, *, country: str, is_pickup: bool) -> None:
    """Refuse an order that goes where, or how, this way of paying does not.

    Raises:
        ProviderNotOffered: with the reason.
    """
    for reason in _misfits(way, country, is_pickup):
        raise ProviderNotOffered(f"“{way.code}” is not open for this order. {reason.message}")


def own_currency(way: PaymentProvider, wanted: str) -> str:
    """The currency in which to ask: the order's where the way takes it, else the first of its own."""
    return wanted if wanted in way.currencies or not way.currencies else min(way.currencies)


def require_known_origin(url: str) -> str:
    """The address, if it is one of the storefront's: a customer is never sent on to a stranger's page.

    Raises:
        ReturnUrlNotAllowed: its scheme, host and port are not in CORS_ALLOWED_ORIGINS or STOREFRONT_URL.
    """
    parts = urlsplit(url)
    known = {_origin(one) for one in [*settings.CORS_ALLOWED_ORIGINS, settings.STOREFRONT_URL]}
    if url and (_origin(url) not in known or parts.username is not None):
        raise ReturnUrlNotAllowed(
            f"{parts.scheme}://{parts.netloc} is not one of the storefront's addresses.",
            errors={"return_url": ["Use an address of the storefront (CORS_ALLOWED_ORIGINS)."]},
        )
    return url


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
