"""What became of a product: who changed what, and what it cost when. Triggers write it, see `apps.common.history`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Annotated, Any, TypedDict
from uuid import UUID

import orjson
from django.db import connection

from apps.accounts.models import User
from apps.catalog.documents import About, Moment, MoneyJson, PublicId
from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import Product, ProductVariant, in_words
from apps.catalog.selectors.editions import EDITION, EditionNow, Window
from apps.common.money import Money

MOST_POINTS = 100  # of one variant

ACTIONS = {"insert": "made", "update": "changed", "delete": "removed", "known": "known"}
"""What happened to a row, by the label that the trigger gives; `known` is how it was when histories began."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """`field` is a column, or a key inside one: `attributes.grade`. A missing value is None."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What one statement did to a product, or to one of its variants, pictures or offers, which `name` tells apart."""

    at: datetime
    of: str
    name: str
    action: str
    actor: User | None
    through: str
    changes: list[FieldChange]


class History:
    """A product's entries, the newest first; a page of them is read when it is cut out."""

    def __init__(self, product: Product) -> None:
        self.product = product

    def count(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [self.product.pk] * len(_PARTS))
            (count,) = cursor.fetchone()
        return int(count)

    def __getitem__(self, part: slice) -> list[HistoryEntry]:
        start, stop = part.start or 0, part.stop
        with connection.cursor() as cursor:
            cursor.execute(_ENTRIES, [*[self.product.pk] * len(_PARTS), stop - start, start])
            rows = cursor.fetchall()
        contexts = [orjson.loads(context) if context else {} for *_, context in rows]
        people = User.objects.in_bulk({context["user"] for context in contexts if context.get("user")})
        return [
            HistoryEntry(
                at=at,
                of=of,
                name=name or "",
                action=ACTIONS[label],
                actor=people.get(context.get("user")),
                through=context.get("through", ""),
                changes=list(_changes(_row(before), _row(after))),
            )
            for (of, name, label, at, before, after, _), context in zip(rows, contexts, strict=True)
        ]


# Each event with the one before it of the same row; keys of other tables as people name them, amounts as text.
_PARTS = {
    "product": (
        "catalog_productevent",
        "pgh_obj_id",
        "e.name",
        "'product_type', (SELECT code FROM catalog_producttype t WHERE t.id = e.product_type_id),"
        " 'store', (SELECT slug FROM stores_store s WHERE s.id = e.store_id)",
    ),
    "variant": (
        "catalog_productvariantevent",
        "product_id",
        "e.sku",
        "'price_amount', e.price_amount::text, 'compare_at_amount', e.compare_at_amount::text",
    ),
    "image": (
        "catalog_productimageevent",
        "product_id",
        "COALESCE(NULLIF(e.alt, ''), e.file)",
        "'variant', (SELECT sku FROM catalog_productvariant v WHERE v.id = e.variant_id)",
    ),
    "offer": (
        "catalog_offerevent",
        "(SELECT product_id FROM catalog_productvariant sold WHERE sold.id = variant_id)",
        "(SELECT sku FROM catalog_productvariant v WHERE v.id = e.variant_id)",
        "'price_amount', e.price_amount::text",
    ),
}
_EVENTS = " UNION ALL ".join(
    f"""SELECT '{of}' AS of, pgh_id, {name} AS name, pgh_label, pgh_created_at, pgh_context_id,
        lag(row) OVER own AS before, row AS after
    FROM {table} e CROSS JOIN LATERAL (SELECT to_jsonb(e) || jsonb_build_object({shown}) AS row) AS told
    WHERE {key} = %s WINDOW own AS (PARTITION BY pgh_obj_id ORDER BY pgh_id)"""  # noqa: S608  our own constants
    for of, (table, key, name, shown) in _PARTS.items()
)
_ENTRIES = f"""
SELECT of, name, pgh_label, pgh_created_at, before::text,
    CASE WHEN pgh_label = 'delete' THEN NULL ELSE after::text END, c.metadata::text
FROM ({_EVENTS}) AS event LEFT JOIN pghistory_context c ON c.id = event.pgh_context_id
ORDER BY pgh_created_at DESC, of, pgh_id DESC LIMIT %s OFFSET %s"""  # noqa: S608
_COUNT = "SELECT {}".format(
    " + ".join(f"(SELECT COUNT(*) FROM {table} WHERE {key} = %s)" for table, key, *_ in _PARTS.values())  # noqa: S608
)
_KEYS = ("id", "product_id", "product_type_id", "store_id", "variant_id")
_AMOUNTS = ("price_amount", "compare_at_amount")


def _row(text: str | None) -> dict[str, Any]:
    """A row by its columns, those that hold an object by their keys as well; what is empty is left out."""
    found: dict[str, Any] = {}
    for column, value in (orjson.loads(text) if text else {}).items():
        if column in _KEYS or column.startswith("pgh_"):
            continue
        found |= {name: part for name, part in _parts(column, value) if part not in (None, "", [])}
    return found | {name: _as_written(found[name]) for name in _AMOUNTS if name in found}


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A value, or each of those inside it by its own name; specifications as people read them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _parts(f"{name}.{key}", inner)
    elif name.endswith("specifications"):
        yield name, "\n".join(f"{row['label']}: {row['value']}" for row in value)
    else:
        yield name, value


def _as_written(amount: str) -> str:
    """With two places, unless more of them say something."""
    exact = Decimal(amount)
    cents = exact.quantize(Decimal("0.01"))
    return str(cents if cents == exact else exact)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldChange]:
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) != after.get(name):
            yield FieldChange(name, before.get(name), after.get(name))


class PricePoint(TypedDict):
    at: Annotated[Moment, About("From when it cost that.")]
    price: MoneyJson
    compare_at_price: MoneyJson | None


class VariantPrices(TypedDict):
    id: PublicId
    sku: str
    title: Annotated[str, About("The options in words; empty for a product's only variant.")]
    points: Annotated[list[PricePoint], About(f"Oldest first; the {MOST_POINTS} latest, if there were more.")]


class PriceHistory(TypedDict):
    """What a product's variants cost and since when, offers too, from its first day in the shop on."""

    variants: list[VariantPrices]


@dataclass(frozen=True, slots=True)
class PricesSeen:
    """A product's prices, and the edition they were read in."""

    edition: EditionNow
    prices: PriceHistory


_PRICES = f"""
SELECT e.shelves, e.figures, e.at_ms, d.published_at, v.public_id, v.sku, v.options, p.at, p.price_amount,
    p.compare_at_amount, p.currency, o.begun, o.over, o.prices
FROM {EDITION} AS e
LEFT JOIN catalog_productdocument d ON d.{{column}} = %s
LEFT JOIN catalog_productvariant v ON v.product_id = d.product_id AND v.is_active
LEFT JOIN LATERAL (
    SELECT changed.*, row_number() OVER (ORDER BY pgh_id DESC) AS from_last FROM (
        SELECT pgh_id, pgh_created_at AS at, price_amount, compare_at_amount, currency,
            (price_amount, compare_at_amount, currency) IS DISTINCT FROM
            lag((price_amount, compare_at_amount, currency)) OVER (ORDER BY pgh_id) AS is_new
        FROM catalog_productvariantevent WHERE product_id = d.product_id AND pgh_obj_id = v.id) AS changed
    WHERE is_new) AS p ON p.from_last <= {MOST_POINTS}
LEFT JOIN LATERAL (
    SELECT array_agg(starts_at ORDER BY starts_at) AS begun, array_agg(ends_at ORDER BY starts_at) AS over,
        array_agg(price_amount ORDER BY starts_at) AS prices
    FROM (SELECT starts_at, ends_at, price_amount FROM catalog_offer
        WHERE variant_id = v.id AND starts_at <= statement_timestamp()
        ORDER BY starts_at DESC LIMIT {MOST_POINTS}) AS latest) AS o ON true
ORDER BY v.position, v.id, p.pgh_id"""  # noqa: S608  our own constants
_PRICES_BY_SLUG, _PRICES_BY_ID = _PRICES.format(column="slug"), _PRICES.format(column="public_id")


def prices_seen(name: str, _: Window) -> PricesSeen:
    """What the visible product with that slug or id cost and when, in one statement.

    Raises:
        ProductNotFound: there is none that shoppers may see.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute(_PRICES_BY_ID, [UUID(name)])
        except ValueError:
            cursor.execute(_PRICES_BY_SLUG, [name])
        rows = cursor.fetchall()
    *edition, published_at = rows[0][:4]
    if published_at is None:
        raise ProductNotFound("There is no such product.")
    variants: list[VariantPrices] = [
        {
            "id": str(public_id),
            "sku": sku,
            "title": in_words(orjson.loads(options) if isinstance(options, str) else options),
            "points": _points(
                [row[7:11] for row in points if row[7] is not None],
                list(zip(*(ends or () for ends in points[0][11:]), strict=True)),
                published_at,
                datetime.fromtimestamp(edition[2] / 1000, UTC),
            ),
        }
        for (public_id, sku, options), points in (
            (next(iter(group))[4:7], group) for group in (list(group) for _, group in groupby(rows, lambda row: row[4]))
        )
    ]
    return PricesSeen(EditionNow(*edition), {"variants": variants})


_Regular = tuple[datetime, Decimal, Decimal | None, str]
_Offered = tuple[datetime, datetime | None, Decimal]


def _points(regular: list[_Regular], offers: list[_Offered], first_day: datetime, now: datetime) -> list[PricePoint]:
    """What shoppers were asked for: the offer's price while one ran, and nothing from before they saw the product."""
    turns = {moment for begun, over, _ in offers for moment in (begun, over) if moment and moment <= now}
    moments = sorted({max(moment, first_day) for moment in (*turns, *(at for at, *_ in regular))})
    points: list[PricePoint] = []
    for moment in moments:
        known = [row for row in regular if row[0] <= moment]
        if not known:
            continue
        _, amount, compare_at, currency = known[-1]
        running = [price for begun, over, price in offers if begun <= moment and (over is None or moment < over)]
        shown, before = (running[0], amount) if running else (amount, compare_at)
        point: PricePoint = {
            "at": moment.isoformat().replace("+00:00", "Z"),
            "price": Money(shown, currency).as_json(),
            "compare_at_price": None if before is None else Money(before, currency).as_json(),
        }
        if not points or {**point, "at": ""} != {**points[-1], "at": ""}:
            points.append(point)
    return points


def price_at(variant: ProductVariant, moment: datetime) -> Money | None:
    """What the variant cost at a moment, in an offer too; None before its history began, or without such a variant.

    An order's line keeps the price that its customer agreed to; this is what to hold beside it. The two may differ by
    the length of a transaction, if the price changed while somebody was buying.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pgh_label, COALESCE((SELECT price_amount FROM catalog_offer WHERE variant_id = pgh_obj_id"
            " AND starts_at <= %s AND (ends_at IS NULL OR ends_at > %s)), price_amount), currency"
            " FROM catalog_productvariantevent WHERE product_id = %s"
            " AND pgh_obj_id = %s AND pgh_created_at <= %s ORDER BY pgh_id DESC LIMIT 1",
            [moment, moment, variant.product_id, variant.pk, moment],
        )
        found = cursor.fetchone()
    return None if found is None or found[0] == "delete" else Money(found[1], found[2])
