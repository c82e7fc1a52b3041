"""What sending costs, by place."""

from __future__ import annotations

from apps.common import sql
from apps.shipping.models import ShippingMethod

_METHODS = """
SELECT method.* FROM shipping_shippingmethod method JOIN shipping_shippingzone zone ON zone.id = method.zone_id
WHERE method.is_active AND (%s = ANY(zone.countries) OR zone.countries = '{}')
ORDER BY method.price_amount, method.id
"""


def methods_to(country: str) -> list[ShippingMethod]:
    """Active methods that serve a country (ISO 3166-1 alpha-2), cheapest first; a zone without countries serves all."""
    return sql.fetch_objects(ShippingMethod, _METHODS, country)
