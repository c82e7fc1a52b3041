"""PayPal as a way of paying: the adapter, how it talks, and how it tells PayPal's events from others."""

from apps.payments.providers.paypal.adapter import LIVE, PayPalProvider
from apps.payments.providers.paypal.webhooks import Signatures
from apps.payments.providers.paypal.wire import connect

__all__ = ["LIVE", "PayPalProvider", "Signatures", "connect"]
