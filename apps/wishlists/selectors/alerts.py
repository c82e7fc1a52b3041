"""A person's alerts, and those that have something to tell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.catalog import selectors as catalog_selectors
from apps.catalog.documents import Card
from apps.common import sql
from apps.wishlists.exceptions import PriceAlertNotFound
from apps.wishlists.models import AlertStatus, PriceAlert
from apps.wishlists.selectors.things import THING_NOW, ThingNow, things_now

IS_MET = """a.status = 'waiting' AND CASE a.kind
    WHEN 'price_drop' THEN now.currency = a.currency AND now.price < LEAST(a.asked_amount, a.told_amount)
        AND now.price <= COALESCE(a.target_amount, now.price)
    ELSE now.is_in_stock END"""
"""Whether the alert `a` has something to tell, of what `THING_NOW` says of it."""

# Each thing is looked at once, however many wait for it.
_MET = f"""
WITH awaited AS (SELECT DISTINCT product_id, variant_id FROM wishlists_pricealert WHERE status = 'waiting' {{among}}),
now AS MATERIALIZED (SELECT a.*, now.* FROM awaited a CROSS JOIN {THING_NOW})
SELECT a.id FROM wishlists_pricealert a
JOIN now ON now.product_id = a.product_id AND now.variant_id IS NOT DISTINCT FROM a.variant_id
JOIN accounts_user u ON u.id = a.user_id AND u.is_active
WHERE {IS_MET} ORDER BY a.id LIMIT %s"""  # noqa: S608  our own constants
_MET_OF_ALL, _MET_AMONG = _MET.format(among=""), _MET.format(among="AND product_id = ANY(%s)")


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert with its product's card, which is None when shoppers may not see the product any more."""

    alert: PriceAlert
    card: Card | None
    now: ThingNow


def met_alerts(*, limit: int, product_ids: Collection[int] | None = None) -> list[int]:
    """Keys of alerts that have something to tell now, the oldest first; of all, or of those about these products."""
    if product_ids is None:
        rows = sql.fetch_all(_MET_OF_ALL, limit)
    else:
        rows = sql.fetch_all(_MET_AMONG, list(product_ids), limit)
    return [pk for (pk,) in rows]


def alerts_of(user: Any) -> QuerySet[PriceAlert]:
    """A person's own, those that wait and those that have told; the newest first."""
    rows = PriceAlert.objects.filter(user=user).exclude(status=AlertStatus.ENDED)
    return rows.select_related("product", "variant").order_by("-pk")


def find_alert(*, alert_id: UUID, user: Any) -> PriceAlert:
    """Raises PriceAlertNotFound: there is none, it is somebody else's, or it was ended."""
    alert = alerts_of(user).filter(public_id=alert_id).first()
    if alert is None:
        raise PriceAlertNotFound
    return alert


def seen_alerts(alerts: Sequence[PriceAlert]) -> list[Alert]:
    """What these, loaded as by `alerts_of`, are about, as it is now: two statements, however many there are."""
    cards = catalog_selectors.cards_of({alert.product_id for alert in alerts})
    seen = things_now({(alert.product_id, alert.variant_id) for alert in alerts})
    return [Alert(alert, cards.get(alert.product_id), seen[alert.product_id, alert.variant_id]) for alert in alerts]
