"""What the tests of Paystack ask of the adapter, and of whom."""

import hashlib
import hmac
from decimal import Decimal

import httpx

from apps.common.money import Money

PRICE, PART = Money(Decimal("13.60"), "USD"), Money(Decimal("3.60"), "USD")
REFERENCE = "ORD-1-k3"


def start(provider, amount=PRICE):
    return provider.start(
        reference=REFERENCE,
        amount=amount,
        email="ada@example.test",
        return_url="https://shop.test/back",
        cancel_url="https://shop.test/cart",
    )


def paths(sandbox):
    return [one["path"] for one in sandbox.requests("paystack")]


def read(provider, webhook):
    return provider.read_webhook(headers=httpx.Headers(webhook.headers), body=webhook.body)


def signed(body):
    return {"X-Paystack-Signature": hmac.new(b"sk_test_sandbox", body, hashlib.sha512).hexdigest()}
