"""The oversell drill: many buyers, few units, real HTTP; shows that exactly the units there are get sold.

It sells a product of its own, made for the drill and put away afterwards, with every order cancelled, so that a running
shop's goods are never touched.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from apps.catalog import services as catalog_services
from apps.catalog.drafts import ProductDraft, VariantDraft
from apps.catalog.models import ProductVariant
from apps.common import audit
from apps.inventory import services as inventory_services
from apps.orders import services as order_services
from apps.orders.models import AWAITING_PAYMENT, Order
from apps.shipping.models import ShippingMethod
from apps.stores import selectors as store_selectors

_TIMEOUT_SECONDS = 60
_OUT_OF_STOCK = "out-of-stock"


@dataclass(frozen=True, slots=True)
class DrillReport:
    """What came of it. `answers` counts checkout answers by "status code"; units are counted in the database."""

    stock: int
    buyers: int
    orders: int
    units_sold: int
    seconds: float
    answers: dict[str, int] = field(default_factory=dict)
    broken_invariants: list[str] = field(default_factory=list)

    @property
    def is_passed(self) -> bool:
        """Everything sold once, everybody else told so, nothing else happened."""
        sold = min(self.stock, self.buyers)
        told = {"201 ok": sold, f"409 {_OUT_OF_STOCK}": self.buyers - sold}
        expected = {answer: count for answer, count in told.items() if count}
        return self.orders == self.units_sold == sold and self.answers == expected and not self.broken_invariants

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_passed": self.is_passed}


def drill_oversell(*, base_url: str, stock: int, buyers: int, say: Callable[[str], None]) -> DrillReport:
    """Let `buyers` guests buy one unit each of a variant with `stock` units, all at once, over HTTP at `base_url`."""
    method = ShippingMethod.objects.filter(is_active=True, is_pickup=True).order_by("pk").first()
    if method is None:
        raise ValueError("The drill needs an active pick-up method; `manage.py seed_demo` makes one.")
    variant = _prepare(stock)
    try:
        with ThreadPoolExecutor(max_workers=buyers) as pool:
            say(f"{buyers} guests fill their carts")
            tokens = list(pool.map(lambda _: _fill_cart(base_url, variant), range(buyers)))
            say("and check out at the same moment")
            gate = threading.Barrier(buyers)
            began = monotonic()
            answers = Counter(pool.map(lambda token: _check_out(base_url, token, method.code, gate), tokens))
            seconds = round(monotonic() - began, 2)
        return _report(variant, stock, buyers, answers, seconds)
    finally:
        _put_away(variant)


def _prepare(stock: int) -> ProductVariant:
    store = store_selectors.get_default_store()
    name = f"drill-{uuid4().hex[:8]}"
    catalog_services.ensure_product_type(code="drill", name="Drill")
    only = VariantDraft(sku=name.upper(), price_amount=Decimal("1.00"))
    draft = ProductDraft(slug=name, name="Oversell drill", product_type="drill", variants=(only,))
    catalog_services.save_products(store=store, drafts=[draft])
    variant = ProductVariant.objects.get(sku=only.sku)
    location = inventory_services.ensure_default_location(store=store)
    inventory_services.receive_stock(receipts=[(variant.pk, location.pk, stock)], note="Oversell drill")
    return variant


def _fill_cart(base_url: str, variant: ProductVariant) -> str:
    body = {"variant_id": str(variant.public_id), "quantity": 1}
    status, answer = _post(base_url, "/api/v1/cart/items/", body, {})
    if status != 201:
        raise RuntimeError(f"a guest could not fill a cart: {status} {answer}")
    return str(answer["token"])


def _check_out(base_url: str, token: str, shipping_method: str, gate: threading.Barrier) -> str:
    address = {
        "first_name": "Drill",
        "last_name": "Buyer",
        "address_line_1": "1 Test Street",
        "city": "Caracas",
        "country": "VE",
    }
    body = {
        "email": "drill@example.test",
        "shipping_address": address,
        "shipping_method": shipping_method,
        "payment_method": "bank_transfer",
    }
    headers = {"X-Cart-Token": token, "Idempotency-Key": uuid4().hex}
    gate.wait(timeout=_TIMEOUT_SECONDS)
    try:
        status, answer = _post(base_url, "/api/v1/checkout/", body, headers)
    except (OSError, HTTPException) as error:
        return f"no answer ({type(error).__name__})"
    return f"{status} {answer.get('code', 'ok')}"


def _post(base_url: str, path: str, body: dict[str, Any], headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    address = urlsplit(base_url)
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def _report(variant: ProductVariant, stock: int, buyers: int, answers: Counter[str], seconds: float) -> DrillReport:
    item = variant.stock_items.get()
    return DrillReport(
        stock=stock,
        buyers=buyers,
        orders=Order.objects.filter(lines__variant=variant, status__in=AWAITING_PAYMENT).count(),
        units_sold=item.reserved + item.committed,
        seconds=seconds,
        answers=dict(sorted(answers.items())),
        broken_invariants=[finding.invariant.code for finding in audit.run()],
    )


def _put_away(variant: ProductVariant) -> None:
    for order in Order.objects.filter(lines__variant=variant, status__in=AWAITING_PAYMENT):
        order_services.cancel_order(order_id=order.pk, actor="shop", reason="Oversell drill")
    catalog_services.archive_product(product_id=variant.product_id)
