"""A guest who buys from a running shop, over HTTP as a storefront does it."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

from tests.stack import Stack

ADDRESS = {
    "first_name": "Ana",
    "last_name": "Pérez",
    "address_line_1": "Av. Bolívar 1",
    "city": "Caracas",
    "country": "VE",
}


def cart_with_a_kit(shop: Stack) -> str:
    """A new cart with a variant of the cheapest thing that is in stock; returns its token."""
    _, products = shop.get("/api/v1/products/?is_in_stock=true&ordering=price&page_size=1")
    _, product = shop.get(f"/api/v1/products/{products['results'][0]['slug']}/")
    variant = max(product["variants"], key=lambda one: one["available"])
    _, cart = shop.post("/api/v1/cart/items/", {"variant_id": variant["id"], "quantity": 1})
    return str(cart["token"])


def check_out(shop: Stack, cart: str, key: str, method: str = "stripe") -> tuple[int, Any]:
    body = {
        "email": "ana@example.test",
        "shipping_address": ADDRESS,
        "shipping_method": "venezuela-courier",
        "payment_method": method,
    }
    return shop.post("/api/v1/checkout/", body, {"X-Cart-Token": cart, "Idempotency-Key": key})


def buy(shop: Stack, method: str) -> Any:
    """An order that waits for its money."""
    status, order = check_out(shop, cart_with_a_kit(shop), uuid4().hex, method)
    assert status == 201, order
    return order


def pay_again(shop: Stack, order: Any, method: str) -> Any:
    """Another attempt at an order that is not paid yet, or the open one."""
    path = f"/api/v1/orders/{order['number']}/payments/"
    status, payment = shop.post(path, {"provider": method}, {**_owner(order), "Idempotency-Key": uuid4().hex})
    assert status == 201, payment
    return payment


def cancel(shop: Stack, order: Any) -> None:
    headers = {**_owner(order), "Idempotency-Key": uuid4().hex}
    assert shop.post(f"/api/v1/orders/{order['number']}/cancel/", {}, headers)[0] == 200


def look_at(shop: Stack, order: Any) -> Any:
    """The order as it is now."""
    return shop.get(f"/api/v1/orders/{order['number']}/", _owner(order))[1]


def order_status(shop: Stack, order: Any) -> str:
    return str(look_at(shop, order)["status"])


def approve_at_stripe(shop: Stack, order: Any) -> str:
    """What the customer does on the company's page, without a browser; returns the company's name of the payment."""
    intent = str(order["payment"]["next_action"]["client_secret"].partition("_secret_")[0])
    _control(shop, f"stripe/payment_intents/{intent}/approve")
    return intent


def approve_at_paypal(shop: Stack, order: Any) -> str:
    _control(shop, f"paypal/orders/{page_name(order)}/approve")
    return page_name(order)


def pay_at_paystack(shop: Stack, order: Any) -> str:
    _, calls = shop.get(f"{shop.sandbox_url}/_control/paystack/requests")
    reference = re.findall(rf"{order['number']}-[0-9a-f]+", json.dumps(calls))[-1]
    return str(_control(shop, f"paystack/transactions/{reference}/approve")["id"])


def page_name(order: Any) -> str:
    """PayPal's name of its order, which its page has in its address."""
    return str(order["payment"]["next_action"]["url"].rpartition("token=")[2])


def _control(shop: Stack, path: str) -> Any:
    status, answer = shop.post(f"{shop.sandbox_url}/_control/{path}", {})
    assert status < 300, answer
    return answer


def _owner(order: Any) -> dict[str, str]:
    return {"X-Order-Token": order["order_token"]}
