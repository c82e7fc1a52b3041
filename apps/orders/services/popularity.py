"""What sells."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from apps.catalog import services as catalog_services
from apps.common.clock import database_now
from apps.orders import selectors


def rank_products() -> int:
    """Tell the catalogue what has sold in the last POPULARITY_DAYS; returns how many products have another place."""
    since = database_now() - timedelta(days=settings.POPULARITY_DAYS)
    return catalog_services.set_popularity(units=selectors.units_sold(since=since))
