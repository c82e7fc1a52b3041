"""What people wish for, as figures; and alerts, for whoever is asked why a mail came, or did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
PEOPLE = "People who have it on a list"


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars that lie, for names are long; `counts` says what is counted."""

    title: str
    counts: str
    shade: str
    rows: Sequence[tuple[str, int]]

    @property
    def colour(self) -> str:
        return f"var(--color-{self.shade})"

    @property
    def bars(self) -> list[dict[str, Any]]:
        most = max((count for _, count in self.rows), default=1)
        return [{"name": name, "count": count, "percent": round(100 * count / most)} for name, count in self.rows]


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
        drops = [(f"−{drop.percent} %", drop.alerts) for drop in selectors.alerts_by_drop() if drop.alerts]
        shown = {
            "charts": [
                Chart("Wished most", PEOPLE, "primary-600", _by_people(selectors.most_wished(most=SHOWN))),
                Chart(
                    "Wished, and cannot be bought now",
                    PEOPLE,
                    "orange-500",
                    _by_people(selectors.wished_without_stock(most=SHOWN)),
                ),
                Chart(
                    "Waited for most",
                    "People who have an alert for it",
                    "blue-600",
                    [(product.name, product.waiting) for product in selectors.most_awaited(most=SHOWN)],
                ),
                Chart("Who would hear of lower prices", "Alerts told if prices fell by", "green-600", drops),
            ],
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


def _by_people(products: Sequence[selectors.Wished]) -> list[tuple[str, int]]:
    return [(product.name, product.people) for product in products]
