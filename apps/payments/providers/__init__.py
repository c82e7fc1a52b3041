"""Which ways of paying this shop offers: one line for each, built from the settings of the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from django.conf import settings

from apps.payments.exceptions import ProviderNotOffered
from apps.payments.providers import paypal, paystack
from apps.payments.providers.base import (
    PAGE_LOST,
    Delivery,
    ExplainingProvider,
    NextAction,
    OnlineProvider,
    PaymentProvider,
    ProviderDispute,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    ProviderStatus,
    SavedMethodsProvider,
)
from apps.payments.providers.manual import BANK_TRANSFER, CASH_ON_DELIVERY, CASH_ON_PICKUP, ManualProvider
from apps.payments.providers.pago_movil import PAGO_MOVIL, PagoMovilProvider
from apps.payments.providers.paypal import PayPalProvider
from apps.payments.providers.paystack import PaystackProvider
from apps.payments.providers.stripe import StripeProvider, connect

__all__ = [
    "PAGE_LOST",
    "PAGO_MOVIL",
    "Delivery",
    "ExplainingProvider",
    "NextAction",
    "OnlineProvider",
    "PaymentProvider",
    "ProviderDispute",
    "ProviderEvent",
    "ProviderPayment",
    "ProviderRefund",
    "ProviderStatus",
    "SavedMethodsProvider",
    "begins_when_saved",
    "codes_by_hand",
    "get_keeper",
    "get_online_provider",
    "get_provider",
    "is_paid_on_delivery",
    "open_providers",
    "while_a_customer_waits",
    "window_of",
]

from apps.payments.selectors import pago_movil as selectors

_a_customer_waits: ContextVar[bool] = ContextVar("_a_customer_waits", default=False)


@contextmanager
def while_a_customer_waits() -> Iterator[None]:
    """Providers built inside are given up sooner: somebody looks at an empty page, and all is asked again later."""
    token = _a_customer_waits.set(True)
    try:
        yield
    finally:
        _a_customer_waits.reset(token)


def _timeouts() -> tuple[float, float]:
    """Seconds to connect, seconds to wait for an answer."""
    chosen = settings.PROVIDER_TIMEOUTS_OF_A_PAGE if _a_customer_waits.get() else settings.PROVIDER_TIMEOUTS
    to_connect, to_answer = chosen
    return to_connect, to_answer


def get_provider(code: str) -> PaymentProvider:
    """The way of paying with this code.

    Raises:
        ProviderNotOffered: there is none, or its settings are empty.
    """
    provider = _build(code)
    if provider is None:
        offered = ", ".join(one.code for one in open_providers()) or "none"
        raise ProviderNotOffered(f"“{code}” is not offered; choose one of: {offered}.")
    return provider


def get_keeper(code: str) -> SavedMethodsProvider:
    """The way of paying with this code, which keeps cards for the next time.

    Raises:
        ProviderNotOffered: there is none, or it keeps none.
    """
    provider = get_provider(code)
    if not isinstance(provider, SavedMethodsProvider):
        raise ProviderNotOffered(f"“{code}” keeps no cards.")
    return provider


def get_online_provider(code: str) -> OnlineProvider | None:
    """The same, if it can be asked; None for one whose money only staff see."""
    provider = get_provider(code)
    return provider if isinstance(provider, OnlineProvider) else None


def window_of(code: str) -> timedelta | None:
    """How long an order waits for money that comes this way; also None for a way that is no longer offered."""
    provider = _build(code)
    return provider.window if provider else None


def begins_when_saved(code: str) -> bool:
    """Whether nobody has to be told of an attempt before the customer can pay: we ourselves say where to."""
    provider = _build(code)
    return isinstance(provider, ManualProvider) and provider.window is not None


def is_paid_on_delivery(code: str) -> bool:
    """Whether an order goes out before this money comes."""
    provider = _build(code)
    return provider is not None and provider.window is None


def open_providers() -> list[PaymentProvider]:
    """Every way of paying whose settings are filled in."""
    return [provider for build in _BUILDERS.values() if (provider := build()) is not None]


def codes_by_hand() -> list[str]:
    """The ways of paying whose money only staff see; Pago Móvil waits in its reports' own queue."""
    by_hand = [provider.code for provider in open_providers() if not isinstance(provider, OnlineProvider)]
    return [code for code in by_hand if code != PAGO_MOVIL]


def _build(code: str) -> PaymentProvider | None:
    build = _BUILDERS.get(code)
    return build() if build else None


def _stripe() -> PaymentProvider | None:
    if not (settings.STRIPE_SECRET_KEY and settings.STRIPE_PUBLISHABLE_KEY):
        return None
    return StripeProvider(
        client=connect(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, _timeouts()),
        publishable_key=settings.STRIPE_PUBLISHABLE_KEY,
        webhook_secrets=tuple(secret for secret in settings.STRIPE_WEBHOOK_SECRETS if secret),
        is_live="_live_" in settings.STRIPE_SECRET_KEY,
        currencies=frozenset(settings.STRIPE_CURRENCIES),
        window=timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES_CARD),
    )


def _paypal() -> PaymentProvider | None:
    if not (settings.PAYPAL_CLIENT_ID and settings.PAYPAL_CLIENT_SECRET):
        return None
    credentials = settings.PAYPAL_CLIENT_ID, settings.PAYPAL_CLIENT_SECRET
    return PayPalProvider(
        api=paypal.connect(*credentials, settings.PAYPAL_BASE_URL, _timeouts()),
        signatures=paypal.Signatures(
            webhook_id=settings.PAYPAL_WEBHOOK_ID,
            cert_origins=frozenset(settings.PAYPAL_CERT_ORIGINS),
            ca_file=settings.PAYPAL_CA_FILE,
            timeouts=settings.PROVIDER_TIMEOUTS,
        ),
        brand_name=settings.SHOP_NAME,
        is_live=settings.PAYPAL_BASE_URL == paypal.LIVE,
        currencies=frozenset(settings.PAYPAL_CURRENCIES),
        countries=frozenset(settings.PAYPAL_COUNTRIES),
        window=timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES_CARD),
    )


def _paystack() -> PaymentProvider | None:
    if not settings.PAYSTACK_SECRET_KEY:
        return None
    return PaystackProvider(
        http=paystack.connect(settings.PAYSTACK_SECRET_KEY, settings.PAYSTACK_BASE_URL, _timeouts()),
        secret_key=settings.PAYSTACK_SECRET_KEY,
        is_live="_live_" in settings.PAYSTACK_SECRET_KEY,
        currencies=frozenset(settings.PAYSTACK_CURRENCIES),
        minimums=settings.PAYSTACK_MINIMUMS,
        countries=frozenset(settings.PAYSTACK_COUNTRIES),
        window=timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES_CARD),
    )


def _pago_movil() -> PaymentProvider | None:
    if not settings.PAGO_MOVIL:
        return None
    return PagoMovilProvider(
        has_room=selectors.has_room,
        transfer_for=lambda reference: selectors.transfer_for(reference=reference),
        window=timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES_TRANSFER),
    )


def _bank_transfer() -> PaymentProvider | None:
    if not settings.BANK_TRANSFER_INSTRUCTIONS:
        return None
    return ManualProvider(
        code=BANK_TRANSFER,
        instructions=settings.BANK_TRANSFER_INSTRUCTIONS,
        currencies=frozenset(settings.BANK_TRANSFER_CURRENCIES),
        window=timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES_TRANSFER),
    )


def _cash_on_pickup() -> PaymentProvider | None:
    if not settings.CASH_ON_PICKUP_CURRENCIES:
        return None
    return ManualProvider(
        code=CASH_ON_PICKUP,
        currencies=frozenset(settings.CASH_ON_PICKUP_CURRENCIES),
        window=timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES_PICKUP),
        delivery=Delivery.PICKUP,
    )


def _cash_on_delivery() -> PaymentProvider | None:
    if not settings.CASH_ON_DELIVERY_CURRENCIES:
        return None
    return ManualProvider(
        code=CASH_ON_DELIVERY,
        currencies=frozenset(settings.CASH_ON_DELIVERY_CURRENCIES),
        countries=frozenset(settings.CASH_ON_DELIVERY_COUNTRIES),
        window=None,
        delivery=Delivery.SHIPPING,
    )


_BUILDERS: dict[str, Callable[[], PaymentProvider | None]] = {
    StripeProvider.code: _stripe,
    PayPalProvider.code: _paypal,
    PaystackProvider.code: _paystack,
    PAGO_MOVIL: _pago_movil,
    BANK_TRANSFER: _bank_transfer,
    CASH_ON_PICKUP: _cash_on_pickup,
    CASH_ON_DELIVERY: _cash_on_delivery,
}
