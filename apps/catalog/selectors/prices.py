"""Which base prices are shown as a figure in the second currency, so that a filter by that figure can use an index."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from django.conf import settings

from apps.common.money import exponent


def bounds(lookup: str, figure: Decimal, rate: Decimal) -> dict[str, Decimal]:
    """The comparison of a shown figure as comparisons of the base price, by the names of Django's look-ups.

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
