"""What people wish for, as figures; and alerts, for whoever is asked why a mail came, or did not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.common.admin import ReadOnlyAdmin, badge
from apps.wishlists import selectors
from apps.wishlists.models import PriceAlert, Wishlist, WishlistShare

SHOWN, CONVERSION_DAYS = 10, 90
STATUS_COLOURS = {"waiting": "info", "told": "success", "ended": ""}


@admin.register(Wishlist)
class WishlistAdmin(ReadOnlyAdmin):
    """What is on a list, and what its owner notes there, is not shown: that is his own."""

    list_display = ["name", "owner", "privacy", "item_total", "opening_total", "created_at"]
    list_filter = [("privacy", ChoicesDropdownFilter), "is_default"]
    list_select_related = ["owner"]
    list_before_template = "wishlists/figures.html"
    search_fields = ["owner__email"]
    ordering = ["-pk"]
    fields = [("name", "owner"), ("privacy", "is_default"), ("created_at", "updated_at")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wishlist]:
        shares = WishlistShare.objects.filter(wishlist=OuterRef("pk")).order_by().values("wishlist")
        opened = Subquery(shares.annotate(total=Sum("opened_count")).values("total"))
        return super().get_queryset(request).annotate(item_total=Count("items"), opening_total=opened)

    @display(description="Items")
    def item_total(self, wishlist: Any) -> int:
        total: int = wishlist.item_total
        return total

    @display(description="Links opened")
    def opening_total(self, wishlist: Any) -> int:
        return wishlist.opening_total or 0

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        without_stock = selectors.wished_without_stock(most=SHOWN)
        shown = {
            "charts": [
                _people_chart("Wished most", selectors.most_wished(most=SHOWN)),
                _people_chart("Wished, and cannot be bought now", without_stock, "var(--color-orange-500)"),
                _drops_chart(selectors.alerts_by_drop()),
            ],
            "most_awaited": selectors.most_awaited(most=SHOWN),
            "openings": selectors.openings(),
            "conversion": selectors.conversion(days=CONVERSION_DAYS),
            "conversion_days": CONVERSION_DAYS,
        }
        return super().changelist_view(request, {**(extra_context or {}), **shown})


@admin.register(PriceAlert)
class PriceAlertAdmin(ReadOnlyAdmin):
    list_display = ["product", "variant", "kind", "user", "status_badge", "asked", "target", "told", "told_at"]
    list_filter = ["kind", ("status", ChoicesDropdownFilter)]
    list_select_related = ["product", "variant", "user"]
    search_fields = ["user__email", "product__name", "variant__sku"]
    ordering = ["-pk"]
    fields = [
        ("product", "variant"),
        ("user", "kind", "status_badge"),
        ("asked", "target", "told"),
        ("told_at", "told_count"),
        ("created_at", "updated_at"),
    ]

    @display(description="Status", ordering="status")
    def status_badge(self, alert: PriceAlert) -> SafeString:
        return badge(alert.get_status_display(), STATUS_COLOURS[alert.status])

    @display(description="Price when asked for", ordering="asked_amount")
    def asked(self, alert: PriceAlert) -> str:
        return str(alert.asked_price)

    @display(description="Target", ordering="target_amount")
    def target(self, alert: PriceAlert) -> str:
        return str(alert.target_price or "–")

    @display(description="Told last", ordering="told_amount")
    def told(self, alert: PriceAlert) -> str:
        return str(alert.told_price or "–")


def _people_chart(
    title: str, products: Sequence[selectors.Wished], colour: str = "var(--color-primary-600)"
) -> dict[str, str]:
    bars = {product.name: product.people for product in products}
    return _chart(title, "People who have it on a list", bars, colour)


def _drops_chart(drops: Sequence[selectors.DropHeard]) -> dict[str, str]:
    bars = {f"−{drop.percent} %": drop.alerts for drop in drops}
    return _chart("Who would hear of lower prices", "Alerts told if prices fell by", bars, "var(--color-green-600)")


def _chart(title: str, label: str, bars: dict[str, int], colour: str) -> dict[str, str]:
    datasets = [{"label": label, "data": list(bars.values()), "backgroundColor": colour}]
    data = {"labels": [name if len(name) <= 24 else f"{name[:23]}…" for name in bars], "datasets": datasets}
    return {"title": title, "data": json.dumps(data) if any(bars.values()) else ""}
