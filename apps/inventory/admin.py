"""Stock as staff see it: counters are read, and change by a movement with a reason or by a count on the shelf."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.common.admin import Button, ButtonForm, ButtonsMixin, EditableAdmin, Press, ReadOnlyAdmin, ReadOnlyInline
from apps.inventory import selectors, services
from apps.inventory.models import MovementReason, Reservation, StockItem, StockLocation, StockMovement


class AdjustForm(ButtonForm):
    delta = forms.IntegerField(
        label="Units",
        help_text="Units that come; with a minus, units that go.",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.ChoiceField(
        choices=[(reason.value, reason.label) for reason in MovementReason if reason != MovementReason.SHIPMENT],
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

    def clean_delta(self) -> int:
        delta: int = self.cleaned_data["delta"]
        if delta == 0:
            raise forms.ValidationError("Nothing would change.")
        return delta


class CountForm(ButtonForm):
    """`expected` is what the book said when the page was opened; the service refuses if it says something else now."""

    expected = forms.IntegerField(widget=forms.HiddenInput)
    counted = forms.IntegerField(min_value=0, label="Units on the shelf", widget=UnfoldAdminIntegerFieldWidget)
    note = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, obj: StockItem, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.fields["expected"].initial = obj.on_hand
        self.fields[
            "counted"
        ].help_text = f"The book says {obj.on_hand}, of which {obj.on_hand - obj.free} are promised."


class ThresholdForm(ButtonForm):
    threshold = forms.IntegerField(
        min_value=0,
        max_value=1_000_000,
        label="Low at",
        help_text="With so many free units or fewer, the item counts as low.",
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(self, *args: Any, obj: StockItem, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.fields["threshold"].initial = obj.low_stock_threshold


def _adjust(item: StockItem, press: Press) -> str:
    services.adjust_on_hand(
        stock_item_id=item.pk,
        delta=press["delta"],
        reason=MovementReason(press["reason"]),
        actor_id=press.user.pk,
        note=press["note"],
    )
    return f"{press['delta']:+d} units of {item.variant} at {item.location}."


def _correct(item: StockItem, press: Press) -> str:
    services.correct_on_hand(
        stock_item_id=item.pk,
        counted=press["counted"],
        expected=press["expected"],
        actor_id=press.user.pk,
        note=press["note"],
    )
    return f"{press['counted']} units of {item.variant} are on hand at {item.location}."


def _set_threshold(item: StockItem, press: Press) -> str:
    services.set_low_stock_threshold(stock_item_id=item.pk, threshold=press["threshold"])
    return f"{item.variant} counts as low with {press['threshold']} free units at {item.location}."


class LevelFilter(admin.SimpleListFilter):
    title = "level"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("low", "Low, and on sale"), ("out", "Nothing free")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockItem]) -> QuerySet[StockItem]:
        if self.value() == "low":
            return queryset.filter(pk__in=selectors.low_stock())
        if self.value() == "out":
            return queryset.filter(on_hand=F("reserved") + F("committed"))
        return queryset


class MovementInline(ReadOnlyInline):
    model = StockMovement
    fields = ["created_at", "delta", "reason", "note", "actor"]
    ordering = ["-pk"]
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockMovement]:
        return super().get_queryset(request).select_related("actor")


@admin.register(StockItem)
class StockItemAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["sku", "product", "location", "on_hand", "reserved", "committed", "free", "level"]
    list_display_links = ["sku", "product"]
    list_filter = [LevelFilter, ("location", RelatedDropdownFilter)]
    list_select_related = ["variant__product", "location"]
    search_fields = ["variant__sku", "variant__product__name"]
    ordering = ["variant__sku", "location"]
    fields = ["product", "variant", "location", ("on_hand", "reserved"), ("committed", "free"), "low_stock_threshold"]
    inlines = [MovementInline]
    buttons = [
        Button(
            name="adjust",
            label="Adjust",
            icon="exposure",
            variant=ActionVariant.PRIMARY,
            permission="inventory.change_stockitem",
            explains="Units that came or went are written down as one movement, under your name.",
            form=AdjustForm,
            run=_adjust,
        ),
        Button(
            name="count",
            label="Correct the count",
            icon="inventory",
            permission="inventory.change_stockitem",
            explains="Write down how many units you counted. If the book changes while you count, you will be told.",
            form=CountForm,
            run=_correct,
        ),
        Button(
            name="threshold",
            label="Low at",
            icon="notifications",
            permission="inventory.change_stockitem",
            form=ThresholdForm,
            run=_set_threshold,
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockItem]:
        return super().get_queryset(request).select_related("variant__product", "location")

    @display(description="SKU", ordering="variant__sku")
    def sku(self, item: StockItem) -> str:
        return item.variant.sku

    @display(ordering="variant__product__name")
    def product(self, item: StockItem) -> str:
        return item.variant.product.name

    @display(description="Free")
    def free(self, item: StockItem) -> int:
        return item.free

    @display(description="Level", label={"Out": "danger", "Low": "warning", "Fine": "success"})
    def level(self, item: StockItem) -> str:
        if item.free == 0:
            return "Out"
        return "Low" if item.free <= item.low_stock_threshold else "Fine"


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "stock_item", "delta", "reason", "note", "actor"]
    list_filter = [("reason", ChoicesDropdownFilter)]
    list_select_related = ["stock_item__variant", "stock_item__location", "actor"]
    search_fields = ["stock_item__variant__sku", "note"]
    ordering = ["-pk"]


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "stock_item", "quantity", "status_badge", "expires_at"]
    list_filter = [("status", ChoicesDropdownFilter)]
    list_select_related = ["stock_item__variant", "stock_item__location"]
    search_fields = ["stock_item__variant__sku", "line_id"]
    ordering = ["-pk"]

    @display(
        description="Status",
        label={"reserved": "warning", "committed": "info", "shipped": "success", "released": "primary"},
    )
    def status_badge(self, reservation: Reservation) -> tuple[str, str]:
        return reservation.status, reservation.get_status_display()


@admin.register(StockLocation)
class StockLocationAdmin(EditableAdmin):
    list_display = ["name", "code", "store"]
    list_select_related = ["store"]
    search_fields = ["name", "code"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
