"""Tell people what they have asked to be told of a product: no marketing, which needs a yes, but it waits for day."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction

from apps.catalog.models import in_words
from apps.common.clock import database_now
from apps.common.money import Money
from apps.notifications import selectors
from apps.notifications.plain import one_line
from apps.notifications.services.marketing import end_of_quiet_hours
from apps.notifications.services.queueing import queue_email
from apps.notifications.services.timed import tell_each
from apps.wishlists import selectors as wishlist_selectors
from apps.wishlists import services as wishlist_services
from apps.wishlists.models import AlertKind, PriceAlert


def tell_of_alerts(*, product_ids: Collection[int] | None = None, limit: int = 500) -> int:
    """Tell whoever waits for a lower price, or for goods that are back now; returns of how many alerts.

    Of all alerts, or of those about these products, whose prices may have fallen. In the quiet hours of the shop nobody
    is told and nothing is decided: the first round after them looks at what things cost then.
    """
    if end_of_quiet_hours(database_now()) is not None:
        return 0
    return tell_each(wishlist_selectors.met_alerts(limit=limit, product_ids=product_ids), tell_of_alert)


@transaction.atomic
def tell_of_alert(alert_id: int) -> None:
    """The mail is written in the transaction that counts the alert as told, with the very price that decided."""
    alert = wishlist_services.take_alert(alert_id=alert_id)
    if alert is None:
        return
    queue_email(
        to=alert.user.email,
        template=str(alert.kind),
        language=alert.user.language,
        dedupe_key=f"{alert.kind}-{alert.pk}-{alert.told_count}",
        context={"name": selectors.first_name(alert.user), **_words(alert)},
        alert=alert,
    )


def _words(alert: PriceAlert) -> dict[str, Any]:
    query = urlencode({"token": wishlist_services.alert_token(alert)})
    words = {
        "goods": _goods(alert),
        "url": f"{settings.STOREFRONT_URL}/products/{alert.product.slug}",
        "unsubscribe_url": f"{settings.STOREFRONT_URL}/price-alerts/end?{query}",
    }
    return words | _prices(alert) if alert.kind == AlertKind.PRICE_DROP else words


def _prices(alert: PriceAlert) -> dict[str, Money | None]:
    return {"price": alert.told_price, "asked_price": alert.asked_price}


def _goods(alert: PriceAlert) -> str:
    title = in_words(alert.variant.options) if alert.variant is not None else ""
    return one_line(f"{alert.product.name} ({title})" if title else alert.product.name, limit=120)
