"""What sending costs and what taxes apply, by place."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Q

from apps.shipping.models import ShippingMethod, TaxRate


def methods_to(country: str) -> list[ShippingMethod]:
    """Active methods that serve a country (ISO 3166-1 alpha-2), cheapest first; a zone without countries serves all."""
    serves = Q(zone__countries__contains=[country]) | Q(zone__countries=[])
    return list(ShippingMethod.objects.filter(serves, is_active=True).order_by("price_amount", "pk"))


def tax_percents(country: str) -> dict[str, Decimal]:
    """Percent by tax class in a country; a class that is not named pays nothing."""
    return dict(TaxRate.objects.filter(country=country).values_list("tax_class", "percent"))
