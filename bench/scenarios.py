"""What a shopper does, as requests built beforehand, beside the same thing done by the floor."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.test import Client

from apps.catalog.models import ProductVariant
from apps.shipping import selectors as shipping_selectors
from bench import shop
from bench.report import Target

_PAGES = 200  # how many different products' pages are asked for


@dataclass(frozen=True)
class Call:
    """One HTTP request, for the wire and for Django's test client."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def as_bytes(self) -> bytes:
        head = [("Host", "127.0.0.1"), ("Accept", "application/json"), ("Accept-Encoding", "gzip"), *self.headers]
        if self.body:
            head += [("Content-Type", "application/json"), ("Content-Length", str(len(self.body)))]
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head), "", ""]
        return "\r\n".join(lines).encode() + self.body

    def send(self, client: Client) -> Any:
        return client.generic(
            self.method, self.path, self.body, content_type="application/json", headers=dict(self.headers)
        )


@dataclass(frozen=True)
class Scenario:
    """`calls(n, path)` builds n requests to the shop's path, or to the floor's. `once`: each can be sent only once."""

    name: str
    expect: str
    path: str
    floor_path: str
    calls: Callable[[int, str], list[Call]]
    target: Target
    once: bool = False


def scenarios(variants: Sequence[ProductVariant]) -> list[Scenario]:
    """The scenarios in the order in which a shopper meets them."""
    checkout = Checkout(variants)
    return [
        Scenario("list", "200", "/api/v1/products/", "/bench/list/", _read_one, Target(1.24, 1650, 1.5)),
        Scenario(
            "detail",
            "200",
            "/api/v1/products/{slug}/",
            "/bench/detail/{slug}/",
            lambda count, path: _read_pages(count, path, variants),
            Target(1.44, 980, 1.5),
        ),
        Scenario(
            "add",
            "201",
            "/api/v1/cart/items/",
            "/bench/add/",
            lambda count, path: _add(count, path, variants),
            Target(3.8, 500, 4),
        ),
        Scenario(
            "checkout", "201", "/api/v1/checkout/", "/bench/checkout/", checkout.calls, Target(17, 135, 4), once=True
        ),
    ]


def _read_one(count: int, path: str) -> list[Call]:
    return [Call("GET", path)]


def _read_pages(count: int, path: str, variants: Sequence[ProductVariant]) -> list[Call]:
    slugs = dict.fromkeys(variant.product.slug for variant in variants)
    return [Call("GET", path.format(slug=slug)) for slug in list(slugs)[:_PAGES]]


def _add(count: int, path: str, variants: Sequence[ProductVariant]) -> list[Call]:
    return [post(path, {"variant_id": str(variant.public_id), "quantity": 1}) for variant in variants]


@dataclass(frozen=True)
class Checkout:
    """Two lines, sent home, paid by bank transfer; each request has a cart of its own, filled beforehand."""

    variants: Sequence[ProductVariant]

    def calls(self, count: int, path: str) -> list[Call]:
        body = self._body()
        tokens = shop.fill_carts(count, self.variants)
        return [post(path, body, ("X-Cart-Token", token), ("Idempotency-Key", uuid4().hex)) for token in tokens]

    def _body(self) -> dict[str, Any]:
        method = next(way for way in shipping_selectors.methods_to("VE") if not way.is_pickup)
        address = {
            "first_name": "Ada",
            "last_name": "Bench",
            "address_line_1": "Calle 1, Casa 2",
            "city": "Caracas",
            "country": "VE",
        }
        return {
            "email": "ada@example.test",
            "phone": "+584121234567",
            "shipping_address": address,
            "shipping_method": method.code,
            "payment_method": "bank_transfer",
        }


def post(path: str, body: dict[str, Any], *headers: tuple[str, str]) -> Call:
    return Call("POST", path, json.dumps(body).encode(), headers)
