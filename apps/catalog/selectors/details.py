"""A product's page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, cast
from uuid import UUID, uuid4

import orjson
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from apps.catalog.documents import Detail
from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import ProductDocument
from apps.catalog.selectors.editions import EDITION, EditionNow, Window, read_in_one_edition
from apps.catalog.selectors.lists import card_sql, currencies, finished_cards, said_in
from apps.catalog.selectors.stock import FREE


@dataclass(frozen=True, slots=True)
class DetailSeen:
    """A page as JSON, the edition it was read in, and when the clock alone will change its figures."""

    edition: EditionNow
    body: bytes
    hold_ends_ms: int | None

    @property
    def detail(self) -> Detail:
        page: Detail = orjson.loads(self.body)
        return page


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an edition without what every sale changes: how many units of each variant are free.

    `pieces` are its JSON, cut where those figures belong: one for each of `variants` in their order, then whether the
    product is in stock at all.
    """

    product_id: int
    variants: tuple[str, ...]
    pieces: tuple[bytes, ...]

    def with_units(self, units: dict[str, int]) -> bytes:
        """The whole of it; a variant that is not named has no units."""
        free = [units.get(variant, 0) for variant in self.variants]
        told = [b"%d" % number for number in free]
        told.append(b"true" if max(free, default=0) > 0 else b"false")
        return b"".join(part for pair in zip(self.pieces, told, strict=False) for part in pair) + self.pieces[-1]


_HERE = f"here-{uuid4().hex}"  # stands for a figure until the page is cut there; nobody can have written it
_CUT = orjson.dumps(_HERE)

_STOCK = f"""
    SELECT COALESCE(json_object_agg(v.public_id, free.units), '{{{{}}}}')::text AS units,
        floor(extract(epoch FROM MIN(free.hold_ends)) * 1000)::bigint AS hold_ends_ms
    FROM catalog_productvariant v
    CROSS JOIN LATERAL (
        SELECT COALESCE(SUM({FREE}), 0)::int AS units, MIN((
            SELECT MIN(r.expires_at) FROM inventory_reservation r
            WHERE s.reserved > 0 AND r.stock_item_id = s.id AND r.status = 'reserved'
            AND r.expires_at >= statement_timestamp())) AS hold_ends
        FROM inventory_stockitem s WHERE s.variant_id = v.id) AS free
    WHERE v.is_active AND v.product_id = """  # noqa: S608  our own constants

_DETAIL = f"""
SELECT e.shelves, e.figures, e.at_ms, d.product_id, told.detail::text, stock.units, stock.hold_ends_ms, beside.cards
FROM {EDITION} AS e LEFT JOIN catalog_productdocument d ON d.{{column}} = %s
LEFT JOIN LATERAL ({_STOCK} d.product_id) AS stock ON true
LEFT JOIN LATERAL (SELECT {{detail}}) AS told ON true
LEFT JOIN LATERAL (
    SELECT string_agg({{card}}, E'\\v') AS cards FROM (SELECT %s::numeric AS rate) AS w, (
        SELECT {{related}}, found.product_id, price_from, price_to, compare_at FROM catalog_relatedproduct r
        JOIN catalog_productdocument found ON found.product_id = r.related_id
        WHERE r.product_id = d.product_id ORDER BY r.position, r.id) AS page) AS beside ON true"""  # noqa: S608

_FIGURES = f"""
SELECT stock.units, stock.hold_ends_ms, e.shelves, e.figures, e.at_ms
FROM {EDITION} AS e, ({_STOCK} %s) AS stock""".format()  # noqa: S608  our own constants


@lru_cache
def _statement(column: str, language: str, *currencies: str) -> str:
    return _DETAIL.format(
        column=column,
        detail=said_in("detail", "d", language),
        related=said_in("card", "found", language),
        card=card_sql(*currencies),
    )


def get_detail(name: str) -> Detail:
    """The page of the visible product with that slug or id.

    Raises:
        ProductNotFound: there is none that shoppers may see.
    """
    return read_in_one_edition(partial(detail_seen, name)).seen.detail


def get_document(name: str) -> ProductDocument:
    """The document of the visible product with that slug, of now or former, or id, for who hangs something on its page.

    Raises:
        ProductNotFound: there is none that shoppers may see.
    """
    try:
        named = Q(public_id=UUID(name))
    except ValueError:
        named = Q(product__slugs=name)
    gone = Q(product__publish_until__lte=Now()) | Q(product__store__is_active=False)  # its document may not know it yet
    document = ProductDocument.objects.filter(named).exclude(gone).first()
    if document is None:
        raise ProductNotFound("There is no such product.")
    return document


def moved_to(slug: str) -> str | None:
    """The slug of now of the visible product that had this one once; None when there is none."""
    return ProductDocument.objects.filter(product__slugs=slug).values_list("slug", flat=True).first()


def detail_seen(name: str, window: Window, language: str = "") -> DetailSeen:
    """`get_detail` in one statement, with the edition of its snapshot; in one that only counts units if the page is
    known of this edition."""
    known = f"{name} {language}"
    page: Page | None = window.pages.get(known)
    if page is None:
        page, seen = _whole(name, window, language)
        if window.holds_at(seen.edition):
            window.pages.keep({known: page})
        return seen
    units, hold_ends_ms, *edition = cast(Any, connection).quick_row(_FIGURES, page.product_id)
    body = page.with_units(orjson.loads(units))
    return DetailSeen(EditionNow(*map(int, edition)), body, hold_ends_ms and int(hold_ends_ms))


def _whole(name: str, window: Window, language: str) -> tuple[Page, DetailSeen]:
    column, key = _key(name)
    with connection.cursor() as cursor:
        cursor.execute(_statement(column, language, *currencies()), [key, window.money.rate])
        shelves, figures, at_ms, product_id, stored, units, hold_ends_ms, cards = cursor.fetchone()
    if stored is None:
        raise ProductNotFound("There is no such product.")
    page = _page(product_id, orjson.loads(stored), cards, window)
    return page, DetailSeen(EditionNow(shelves, figures, at_ms), page.with_units(orjson.loads(units)), hold_ends_ms)


def _key(name: str) -> tuple[str, str | UUID]:
    try:
        return "public_id", UUID(name)
    except ValueError:
        return "slug", name


def _page(product_id: int, detail: Any, cards: str | None, window: Window) -> Page:
    variants = detail["variants"]
    for variant in variants:
        variant["available"] = _HERE
    for part, prices in ((detail, _PRICES), *((variant, _VARIANT_PRICES) for variant in variants)):
        for price in prices:
            part[f"local_{price}"] = _local(part[price], window)
    detail["rate"] = window.money.shown
    detail["related"] = [orjson.Fragment(card) for card in finished_cards(cards)]
    detail["is_in_stock"] = _HERE  # behind the variants, where it is counted out last
    return Page(product_id, tuple(variant["id"] for variant in variants), tuple(orjson.dumps(detail).split(_CUT)))


_PRICES = ("price", "price_to", "compare_at_price")
_VARIANT_PRICES = ("price", "compare_at_price")


def _local(price: dict[str, str] | None, window: Window) -> dict[str, str] | None:
    local = None if price is None else window.in_second_currency(Decimal(price["amount"]))
    return None if local is None else local.as_json()
