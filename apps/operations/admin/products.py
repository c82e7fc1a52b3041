"""The product's screens with its stock, which the catalogue does not know."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.catalog.admin import ProductAdmin
from apps.catalog.models import Product
from apps.common.admin import Button, ButtonForm, Press, link_to
from apps.inventory import services as inventory_services
from apps.inventory.models import StockItem, StockLocation


class ReceiveForm(ButtonForm):
    variant = forms.ModelChoiceField(StockItem.objects.none(), widget=UnfoldAdminSelectWidget)
    location = forms.ModelChoiceField(StockLocation.objects.none(), widget=UnfoldAdminSelectWidget)
    quantity = forms.IntegerField(
        min_value=0,
        max_value=1_000_000,
        help_text="Zero only makes a place for the variant there.",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    note = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, obj: Product, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        variant: Any = self.fields["variant"]
        location: Any = self.fields["location"]
        variant.queryset = obj.variants.order_by("position", "pk")
        location.queryset = StockLocation.objects.filter(store=obj.store_id).order_by("pk")
        variant.initial, location.initial = variant.queryset.first(), location.queryset.first()


def _receive(product: Product, press: Press) -> str:
    variant, location, quantity = press["variant"], press["location"], press["quantity"]
    inventory_services.receive_stock(
        receipts=[(variant.pk, location.pk, quantity)], actor_id=press.user.pk, note=press["note"]
    )
    return f"{quantity} units of {variant} came to {location}."


class InStockFilter(admin.SimpleListFilter):
    title = "in stock"
    parameter_name = "in_stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        if self.value() is None:
            return queryset
        free = StockItem.objects.filter(variant__product=OuterRef("pk"), on_hand__gt=F("reserved") + F("committed"))
        return queryset.filter(Exists(free)) if self.value() == "yes" else queryset.exclude(Exists(free))


@admin.register(Product)
class StockedProductAdmin(ProductAdmin):
    list_display = ["title", "price", "stock", "status_badge", "product_type", "is_featured", "updated_at"]
    list_filter = [InStockFilter, *ProductAdmin.list_filter]
    change_form_template = "operations/product.html"
    buttons = [
        Button(
            name="receive",
            label="Receive units",
            icon="add_box",
            permission="inventory.change_stockitem",
            explains="Units that arrived, written down as a receipt under your name.",
            form=ReceiveForm,
            run=_receive,
        ),
        *ProductAdmin.buttons,
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        items = StockItem.objects.filter(variant__product=OuterRef("pk"), variant__is_active=True).order_by()
        free = items.values("variant__product").annotate(units=Sum(F("on_hand") - F("reserved") - F("committed")))
        return super().get_queryset(request).annotate(stock=Subquery(free.values("units")))

    @display(description="Free units", ordering="stock")
    def stock(self, product: Any) -> int:
        return product.stock or 0

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        stock = (
            self._stock_table(object_id) if object_id and request.user.has_perm("inventory.view_stockitem") else None
        )
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), "stock": stock})

    def _stock_table(self, product_id: Any) -> dict[str, Any]:
        items = StockItem.objects.filter(variant__product=product_id).select_related("variant", "location")
        rows = [
            [link_to(item, item.variant.sku), item.location, item.on_hand, item.reserved, item.committed, item.free]
            for item in items.order_by("variant__position", "variant", "location")
        ]
        return {"headers": ["SKU", "Location", "On hand", "Reserved", "Committed", "Free"], "rows": rows}
