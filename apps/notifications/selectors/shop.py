"""What those who run the shop are shown: money that was found, rates that moved, goods that run out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from apps.common.money import Money
from apps.fx_rates.models import ExchangeRateAlert
from apps.inventory.models import StockItem
from apps.notifications.phone_templates import state_of_paying, way_of_paying
from apps.notifications.plain import one_line
from apps.notifications.selectors.orders import figure
from apps.payments.models import APPROVED_CLAIMS, PagoMovilClaim, Payment

_NAME, _SHOWN, _SHOWN_ON_PHONES = 80, 50, 8


@dataclass(frozen=True, slots=True)
class FoundReport:
    """Money that a customer has reported, and staff have read at the bank."""

    amount: Money
    reference: str


@dataclass(frozen=True, slots=True)
class RateAlertSummary:
    """Something about rates, in English as alerts are; `change` is in percent, and empty if none is meant."""

    kind: str
    currency: str
    detail: str
    change: str
    is_large_move: bool
    admin_url: str


@dataclass(frozen=True, slots=True)
class LowGoods:
    """One variant at one location, and how many units of it are free."""

    name: str
    sku: str
    location: str
    left: int
    threshold: int


def find_found_report(*, order_id: int, payment_id: int | None = None) -> FoundReport | None:
    """The newest report of a mobile payment for the order, or of that attempt, that staff have approved."""
    approved = PagoMovilClaim.objects.filter(payment__order=order_id, state__in=APPROVED_CLAIMS)
    if payment_id is not None:
        approved = approved.filter(payment=payment_id)
    claim = approved.order_by("-pk").first()
    if claim is None or claim.received is None:
        return None
    return FoundReport(claim.received, one_line(claim.reference, limit=_NAME))


def confirmed_payment_values(payment: Payment, *, is_all: bool, language: str) -> dict[str, str]:
    return {
        "number": payment.order.number,
        "amount": figure(payment.captured, language),
        "method": way_of_paying(payment.provider, language),
        "state": state_of_paying(language, is_paid=is_all),
    }


def get_rate_alert(*, alert_id: int) -> RateAlertSummary:
    alert = ExchangeRateAlert.objects.get(pk=alert_id)
    return RateAlertSummary(
        kind=alert.get_kind_display(),
        currency=alert.currency,
        detail=one_line(alert.detail, limit=300),
        change="" if alert.change_percent is None else f"{alert.change_percent:+.2f}",
        is_large_move=alert.change_percent is not None,
        admin_url=f"{settings.SITE_URL}/admin/fx_rates/exchangeratealert/{alert.pk}/change/",
    )


def low_goods(*, store_id: int, told_at: datetime) -> list[LowGoods]:
    """What was announced together and has not been refilled since; at most 50 of it, the scarcest first."""
    items = StockItem.objects.filter(location__store=store_id, low_told_at=told_at)
    goods = [
        LowGoods(
            name=one_line(item.variant.product.name, limit=_NAME),
            sku=item.variant.sku,
            location=one_line(item.location.name, limit=_NAME),
            left=item.free,
            threshold=item.low_stock_threshold,
        )
        for item in items.select_related("variant__product", "location").order_by("pk")
    ]
    return sorted(goods, key=lambda one: (one.left, one.sku))[:_SHOWN]


def low_goods_values(goods: list[LowGoods]) -> dict[str, str]:
    """The scarcest with their figures; how many there are besides."""
    shown = [f"{one.name} ({one.sku}): {one.left}" for one in goods[:_SHOWN_ON_PHONES]]
    more = [f"+{len(goods) - _SHOWN_ON_PHONES}"] if len(goods) > _SHOWN_ON_PHONES else []
    return {"count": str(len(goods)), "goods": "; ".join([*shown, *more])}
