"""What became of a product, field by field, where Django would show what was clicked in the admin."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from apps.catalog.selectors import FieldChange, History, HistoryEntry
from apps.common.admin import badge, in_words

PAGE = 25
COLOURS = {"made": "success", "changed": "info", "removed": "danger", "known": ""}
KINDS = {"product": "Product", "variant": "Variant", "image": "Picture", "offer": "Offer"}
LABELS = {
    "sku": "SKU",
    "price_amount": "Price",
    "compare_at_amount": "Before offer",
    "weight_grams": "Grams",
    "is_active": "Sold",
    "product_type": "Type",
    "alt": "What the picture shows",
    "published_at": "First shown",
    "deleted_at": "Deleted",
    "publish_from": "In the shop from",
    "publish_until": "In the shop until",
}


class HistoryPage(ModelAdmin):
    """Gives a product's "History" the rows that triggers have written, of its variants and pictures as well."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        product = self.get_object(request, object_id)
        if product is None:
            raise Http404
        if not self.has_view_or_change_permission(request, product):
            raise PermissionDenied
        entries: Any = History(product)
        page = Paginator(entries, PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {product}",
            "opts": self.opts,
            "object": product,
            "original": product,
            "page": page,
            "entries": [_shown(entry) for entry in page],
            **(extra_context or {}),
        }
        return TemplateResponse(request, "catalog/history.html", context)


def _shown(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "what": f"{KINDS[entry.of]} {entry.name}",
        "badge": badge(entry.action, COLOURS[entry.action]),
        "at": entry.at,
        "by": str(entry.actor) if entry.actor else entry.through or "nobody named",
        "through": entry.through if entry.actor else "",
        "changes": [
            {"field": _label(change), "before": _value(change.before), "after": _value(change.after)}
            for change in entry.changes
        ],
    }


def _label(change: FieldChange) -> str:
    column, _, key = change.field.partition(".")
    return key or LABELS.get(column) or in_words(column)


def _value(value: Any) -> str:
    if value is None:
        return "—"
    return {True: "Yes", False: "No"}[value] if isinstance(value, bool) else str(value)
