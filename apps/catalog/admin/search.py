"""What shoppers search for, and the words that mean the same to them."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.catalog import selectors
from apps.catalog.models import Search, SearchSynonym
from apps.catalog.selectors import SearchesOfDay
from apps.common.admin import EditableAdmin, ReadOnlyAdmin

CHART_DAYS = 30
TERMS_SHOWN = 15


@admin.register(SearchSynonym)
class SearchSynonymAdmin(EditableAdmin):
    """Terms are looked up when somebody searches, so that a change holds for the next search."""

    list_display = ["__str__"]
    search_fields = ["terms"]
    ordering = ["terms"]
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}


@admin.register(Search)
class SearchAdmin(ReadOnlyAdmin):
    list_display = ["term", "hits", "page", "is_partial", "action_total", "created_at"]
    list_filter = ["is_partial", ("created_at", RangeDateTimeFilter)]
    list_filter_submit = True
    list_before_template = "catalog/searches.html"
    search_fields = ["term"]
    ordering = ["-pk"]
    exclude = ["public_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Search]:
        return super().get_queryset(request).annotate(action_count=Count("actions"))

    @display(description="Opened or put into a cart")
    def action_total(self, search: Any) -> int:
        count: int = search.action_count
        return count

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        days = selectors.searches_by_day(days=CHART_DAYS)
        top, in_vain = (
            selectors.top_terms(days=CHART_DAYS, most=TERMS_SHOWN, is_in_vain=is_in_vain)
            for is_in_vain in (False, True)
        )
        shown = {"searches_chart": _chart(days), "top_terms": top, "terms_in_vain": in_vain}
        return super().changelist_view(request, {**(extra_context or {}), **shown})


def _chart(days: list[SearchesOfDay]) -> dict[str, str]:
    lines = {
        "Searches": ([day.searches for day in days], "var(--color-primary-600)"),
        "Led to a product": ([day.opened for day in days], "var(--color-green-600)"),
        "Led to a cart": ([day.put_in_cart for day in days], "var(--color-blue-600)"),
        "In vain": ([day.in_vain for day in days], "var(--color-orange-500)"),
    }
    datasets = [{"label": label, "data": data, "backgroundColor": colour} for label, (data, colour) in lines.items()]
    return {
        "title": f"Searches of the last {CHART_DAYS} days",
        "summary": ", ".join(f"{label}: {sum(data)}" for label, (data, _) in lines.items()),
        "data": json.dumps({"labels": [f"{day.date:%d %b}" for day in days], "datasets": datasets}),
    }
