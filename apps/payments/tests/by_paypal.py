"""What shop, customer and PayPal do in tests of the adapter; a `provider` has a token already."""

from decimal import Decimal

from apps.common.money import Money
from apps.payments.providers import get_provider

PRICE = Money(Decimal("13.60"), "USD")
NOTHING = Money(Decimal(0), "USD")
BACK, AWAY = "https://shop.example/back", "https://shop.example/away"
ORDERS = "/v2/checkout/orders"


def connected():
    """The adapter with a token, so that the first request is the one that the test makes."""
    provider = get_provider("paypal")
    provider.api._live_token()
    return provider


def start(provider, reference="ORD-1-k3", amount=PRICE):
    return provider.start(
        reference=reference, amount=amount, email="ada@example.test", return_url=BACK, cancel_url=AWAY
    )


def approved(provider, paypal, **wishes):
    begun = start(provider)
    paypal.approve(begun.provider_reference, "paypal", **wishes)
    return begun.provider_reference


def paid(provider, paypal):
    return provider.capture(approved(provider, paypal), key="k3")


def calls(paypal, path=ORDERS, method="POST"):
    return [one for one in paypal.requests("paypal") if one["path"].startswith(path) and one["method"] == method]


def at(paypal, path, **wishes):
    """What PayPal, its customers or its panel do past our back."""
    return paypal.control("POST", f"/paypal/{path}", wishes)
