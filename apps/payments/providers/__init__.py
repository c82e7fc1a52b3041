"""Which ways of paying this shop offers: one line for each, built from the settings of the moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

from apps.payments.exceptions import ProviderNotOffered
from apps.payments.providers import paystack
from apps.payments.providers.bank_transfer import BankTransferProvider
from apps.payments.providers.base import (
    NextAction,
    OnlineProvider,
    PaymentProvider,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    ProviderStatus,
)
from apps.payments.providers.paystack import PaystackProvider
from apps.payments.providers.stripe import StripeProvider, connect

__all__ = [
    "NextAction",
    "OnlineProvider",
    "PaymentProvider",
    "ProviderEvent",
    "ProviderPayment",
    "ProviderRefund",
    "ProviderStatus",
    "codes_by_hand",
    "get_online_provider",
    "get_provider",
    "open_providers",
]


def get_provider(code: str) -> PaymentProvider:
    """The way of paying with this code.

    Raises:
        ProviderNotOffered: there is none, or its settings are empty.
    """
    build = _BUILDERS.get(code)
    provider = build() if build else None
    if provider is None:
        offered = ", ".join(one.code for one in open_providers()) or "none"
        raise ProviderNotOffered(f"“{code}” is not offered; choose one of: {offered}.")
    return provider


def get_online_provider(code: str) -> OnlineProvider | None:
    """The same, if it can be asked; None for one whose money only staff see."""
    provider = get_provider(code)
    return provider if isinstance(provider, OnlineProvider) else None


def open_providers() -> list[PaymentProvider]:
    """Every way of paying whose settings are filled in."""
    return [provider for build in _BUILDERS.values() if (provider := build()) is not None]


def codes_by_hand() -> list[str]:
    """The ways of paying that cannot be asked, because only staff see their money."""
    return [provider.code for provider in open_providers() if not isinstance(provider, OnlineProvider)]


def _stripe() -> PaymentProvider | None:
    if not (settings.STRIPE_SECRET_KEY and settings.STRIPE_PUBLISHABLE_KEY):
        return None
    return StripeProvider(
        client=connect(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.PROVIDER_TIMEOUTS),
        publishable_key=settings.STRIPE_PUBLISHABLE_KEY,
        webhook_secrets=tuple(secret for secret in settings.STRIPE_WEBHOOK_SECRETS if secret),
        is_live="_live_" in settings.STRIPE_SECRET_KEY,
        currencies=frozenset(settings.STRIPE_CURRENCIES),
        window=timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES_CARD),
    )


def _paystack() -> PaymentProvider | None:
    if not settings.PAYSTACK_SECRET_KEY:
        return None
    return PaystackProvider(
        http=paystack.connect(settings.PAYSTACK_SECRET_KEY, settings.PAYSTACK_BASE_URL, settings.PROVIDER_TIMEOUTS),
        secret_key=settings.PAYSTACK_SECRET_KEY,
        is_live="_live_" in settings.PAYSTACK_SECRET_KEY,
        currencies=frozenset(settings.PAYSTACK_CURRENCIES),
        countries=frozenset(settings.PAYSTACK_COUNTRIES),
        window=timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES_CARD),
    )


def _bank_transfer() -> PaymentProvider | None:
    if not settings.BANK_TRANSFER_INSTRUCTIONS:
        return None
    return BankTransferProvider(
        instructions=settings.BANK_TRANSFER_INSTRUCTIONS,
        currencies=frozenset({settings.BASE_CURRENCY}),
        window=timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES_TRANSFER),
    )


_BUILDERS: dict[str, Callable[[], PaymentProvider | None]] = {
    StripeProvider.code: _stripe,
    PaystackProvider.code: _paystack,
    BankTransferProvider.code: _bank_transfer,
}
