"""What sending costs and what taxes apply, by place."""

from __future__ import annotations

from decimal import Decimal

from apps.common import sql
from apps.shipping.models import ShippingMethod

_METHODS = """
SELECT method.* FROM shipping_shippingmethod method JOIN shipping_shippingzone zone ON zone.id = method.zone_id
WHERE method.is_active AND (%s = ANY(zone.countries) OR zone.countries = '{}')
ORDER BY method.price_amount, method.id
"""
_PERCENTS = "SELECT tax_class, percent FROM shipping_taxrate WHERE country = %s"


def methods_to(country: str) -> list[ShippingMethod]:
    """Active methods that serve a country (ISO 3166-1 alpha-2), cheapest first; a zone without countries serves all."""
    return sql.fetch_objects(ShippingMethod, _METHODS, country)


def tax_percents(country: str) -> dict[str, Decimal]:
    """Percent by tax class in a country; a class that is not named pays nothing."""
    return dict(sql.fetch_all(_PERCENTS, country))
