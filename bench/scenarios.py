"""What a shopper does, as requests built beforehand, beside the same thing done by the floor."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.test import Client

from apps.catalog.models import ProductDocument, ProductVariant
from apps.catalog.selectors import Cursor
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
    """`calls(n, path)` builds n requests to the shop's path, or to the floor's. `once`: each can be sent only once.

    Of those, `most_per_second` are prepared for a second of load; a slice ends early when they run out.
    """

    name: str
    expect: str
    path: str
    floor_path: str
    calls: Callable[[int, str], list[Call]]
    target: Target
    once: bool = False
    most_per_second: int = 4000
    floor_expect: str = ""

    def expect_of(self, path: str) -> str:
        """The status that is right for the shop's path or the floor's."""
        return self.floor_expect if self.floor_expect and path == self.floor_path else self.expect


PRODUCTS = "/api/v1/products/"
LIST_FLOOR = "/bench/list/"
NARROWED = "category=model-kits&attribute.grade=HG&attribute.grade=MG&price__lt=80&ordering=price"
FACETS = "facets=category,attribute.grade,attribute.series,attribute.scale,price"


def scenarios(variants: Sequence[ProductVariant]) -> list[Scenario]:
    """The scenarios in the order in which a shopper meets them."""
    return [*_lists(), *_pages(variants), *_purchase(variants)]


def _lists() -> list[Scenario]:
    """First those that are computed each time, then what was answered before."""

    def computed(name: str, query: str, target: Target, path: str = "") -> Scenario:
        path = path or (f"{PRODUCTS}?{query}" if query else PRODUCTS)
        return Scenario(name, "200", path, LIST_FLOOR, _never_asked_before, target, once=True)

    return [
        computed("list", "", Target(1.24, 1650, 1.5)),
        computed("filtered", NARROWED, Target(None, None, 4)),
        computed("facets", f"{NARROWED}&{FACETS}", Target(None, None, 4)),
        computed("page30", "page=30", Target(None, None, 1.5)),
        computed("cursor", f"cursor={_cursor_of_page_30()}", Target(None, None, 1.5)),
        computed("search-new", "", Target(None, None, 4), f"{PRODUCTS}search/?q=zaku+ii"),
        computed("search-broad-new", "", Target(None, None, 4), f"{PRODUCTS}search/?q=gundam"),
        Scenario("search", "200", f"{PRODUCTS}search/?q=gundam", LIST_FLOOR, _read_one, Target(None, None, 4)),
        Scenario("suggest", "200", f"{PRODUCTS}suggest/?q=gund", LIST_FLOOR, _read_one, Target(None, None, 4)),
        Scenario("home", "200", "/api/v1/home/", LIST_FLOOR, _never_asked_before, Target(None, None, 4), once=True),
        Scenario("list-again", "200", PRODUCTS, LIST_FLOOR, _read_one, Target(None, None, 0.6)),
        Scenario(
            "list-304", "304", PRODUCTS, LIST_FLOOR, _read_what_is_known, Target(None, None, 0.4), floor_expect="200"
        ),
    ]


def _pages(variants: Sequence[ProductVariant]) -> list[Scenario]:
    slugs = list(dict.fromkeys(variant.product.slug for variant in variants))[:_PAGES]

    def pages(count: int, path: str) -> list[Call]:
        return [Call("GET", path.format(slug=slug)) for slug in slugs]

    def new_pages(count: int, path: str) -> list[Call]:
        named = (path.format(slug=slugs[number % len(slugs)]) for number in range(count))
        return [Call("GET", f"{page}?_={uuid4().hex}") for page in named]

    ours, floor = f"{PRODUCTS}{{slug}}/", "/bench/detail/{slug}/"
    return [
        Scenario("detail", "200", ours, floor, new_pages, Target(1.44, 980, 1.5), once=True),
        Scenario("detail-again", "200", ours, floor, pages, Target(None, None, 0.6)),
    ]


def _purchase(variants: Sequence[ProductVariant]) -> list[Scenario]:
    checkout = Checkout(variants)
    return [
        Scenario(
            "add",
            "201",
            "/api/v1/cart/items/",
            "/bench/add/",
            lambda count, path: _add(count, path, variants),
            Target(3.8, 500, 4),
        ),
        Scenario(
            "checkout", "201", "/api/v1/checkout/", "/bench/checkout/", checkout.calls, Target(17, 135, 4), True, 1500
        ),
    ]


def _read_one(count: int, path: str) -> list[Call]:
    return [Call("GET", path)]


def _never_asked_before(count: int, path: str) -> list[Call]:
    """Each differs in a word that the shop does not know, so that nothing can have been kept for it."""
    mark = "&" if "?" in path else "?"
    return [Call("GET", f"{path}{mark}_={uuid4().hex}") for _ in range(count)]


def _read_what_is_known(count: int, path: str) -> list[Call]:
    """With the ETag of the edition of now, as a browser asks that has the list already."""
    etag = Client(headers={"host": "127.0.0.1"}).get(PRODUCTS)["ETag"]
    return [Call("GET", path, headers=(("If-None-Match", etag),))]


def _cursor_of_page_30() -> str:
    newest = ProductDocument.objects.order_by("-published_at", "-product_id")
    document = newest[29 * 24 - 1]
    return Cursor("-published_at", document.published_at.isoformat(), document.product_id).as_text()


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
