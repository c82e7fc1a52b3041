"""What something costs by the clock, as SQL for other statements, and which base prices a shown figure stands for."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from django.conf import settings

from apps.common.money import exponent

PRICE_NOW = """COALESCE((
    SELECT offer.price_amount FROM catalog_offer offer WHERE offer.variant_id = variant.id
    AND offer.starts_at <= statement_timestamp() AND (offer.ends_at IS NULL OR statement_timestamp() < offer.ends_at)
), variant.price_amount)"""
"""What a row `variant` costs at the moment of the statement, whether or not documents have been told."""

ON_SALE_NOW = """variant.is_active AND product.status = 'published' AND product.deleted_at IS NULL
    AND (product.publish_from IS NULL OR product.publish_from <= statement_timestamp())
    AND (product.publish_until IS NULL OR statement_timestamp() < product.publish_until)
    AND EXISTS (SELECT FROM stores_store store WHERE store.id = product.store_id AND store.is_active)"""
"""Whether a row `variant` of a row `product` can be bought at the moment of the statement."""


def bounds(lookup: str, figure: Decimal, rate: Decimal) -> dict[str, Decimal]:
    """The comparison of a figure in the second currency, as it is shown, as comparisons of the base price, which an
    index knows, by the names of Django's look-ups.

    `lookup` is one of exact, gt, gte, lt, lte.
    """
    unit = Decimal(1).scaleb(-exponent(settings.SECOND_CURRENCY))
    at_least, above = figure.quantize(unit, ROUND_CEILING), figure.quantize(unit, ROUND_FLOOR) + unit
    if lookup == "exact":
        return {"gte": _least(at_least, unit, rate), "lt": _least(above, unit, rate)}
    return {
        "gte": {"gte": _least(at_least, unit, rate)},
        "gt": {"gte": _least(above, unit, rate)},
        "lte": {"lt": _least(above, unit, rate)},
        "lt": {"lt": _least(at_least, unit, rate)},
    }[lookup]


def _least(shown: Decimal, unit: Decimal, rate: Decimal) -> Decimal:
    """The smallest base price that is shown as `shown` or more: both currencies round half up, the base one first."""
    base_unit = Decimal(1).scaleb(-exponent(settings.BASE_CURRENCY))
    with localcontext(prec=60):
        return ((shown - unit / 2) / rate).quantize(base_unit, ROUND_CEILING) - base_unit / 2
