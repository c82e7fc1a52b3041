"""What a product, or one variant of it, costs at this moment, and whether it can be bought."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings

from apps.catalog.selectors import ON_SALE_NOW, PRICE_NOW
from apps.common import sql
from apps.common.money import Money, exponent
from apps.inventory.selectors import free_units

_PLACES = exponent(settings.BASE_CURRENCY)  # prices are compared as shoppers are told them
_SOLD = f"""
    FROM catalog_productvariant variant JOIN catalog_product product ON product.id = variant.product_id
    WHERE product.id = a.product_id AND variant.id = COALESCE(a.variant_id, variant.id) AND {ON_SALE_NOW}"""

THING_NOW = f"""LATERAL (
    SELECT cheapest.price, cheapest.currency, EXISTS (SELECT {_SOLD} AND {free_units("variant.id")} > 0) AS is_in_stock
    FROM (VALUES (true)) AS always LEFT JOIN LATERAL (
        SELECT round({PRICE_NOW}, {_PLACES}) AS price, variant.currency {_SOLD} ORDER BY price LIMIT 1
    ) AS cheapest ON true
) AS now"""  # noqa: S608  our own constants
"""For a FROM, of the columns `product_id` and `variant_id` of a row `a`: `now.price` and `now.currency`, which are
NULL when shoppers may not see the product or it is no longer sold, and `now.is_in_stock`. Without a variant, of the
cheapest."""

_EACH = f"""
SELECT a.product_id, a.variant_id, now.price, now.currency, now.is_in_stock
FROM unnest(%s::bigint[], %s::bigint[]) AS a (product_id, variant_id) CROSS JOIN {THING_NOW}"""  # noqa: S608

Thing = tuple[int, int | None]  # the keys of a product, and of one of its variants


@dataclass(frozen=True, slots=True)
class ThingNow:
    """What something costs now, None when it is no longer sold; `is_in_stock`: a unit can be bought."""

    price: Money | None
    is_in_stock: bool


def things_now(things: Collection[Thing]) -> dict[Thing, ThingNow]:
    """In one statement, however many there are."""
    rows = sql.fetch_all(_EACH, [product for product, _ in things], [variant for _, variant in things])
    return {
        (product, variant): ThingNow(None if amount is None else Money(amount, currency), is_in_stock)
        for product, variant, amount, currency, is_in_stock in rows
    }


def thing_now(*, product_id: int, variant_id: int | None) -> ThingNow:
    return things_now([(product_id, variant_id)])[product_id, variant_id]
