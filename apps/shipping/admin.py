"""Where the shop sends, what that costs, and the taxes of each place: rows that staff edit by hand.

Orders have copied what they need, so a change here touches no order.
"""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db.models import Model
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.common.admin import EditableAdmin
from apps.common.money import Money
from apps.shipping.models import ShippingMethod, ShippingZone, TaxRate


def country_code(value: str) -> str:
    """The code in capitals; ValidationError unless it has the form of ISO 3166-1 alpha-2."""
    code = value.strip().upper()
    if not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise forms.ValidationError(f"“{value}” is no country code; write two letters, such as VE.")
    return code


class ZoneForm(forms.ModelForm):
    class Meta:
        model = ShippingZone
        fields = ["code", "name", "countries"]

    def clean_countries(self) -> list[str]:
        return sorted({country_code(value) for value in self.cleaned_data["countries"]})


class TaxRateForm(forms.ModelForm):
    class Meta:
        model = TaxRate
        fields = ["code", "name", "country", "tax_class", "percent"]

    def clean_country(self) -> str:
        return country_code(self.cleaned_data["country"])


@admin.register(ShippingZone)
class ShippingZoneAdmin(EditableAdmin):
    form = ZoneForm
    list_display = ["name", "code", "served"]
    search_fields = ["name", "code"]
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}

    @display(description="Countries")
    def served(self, zone: ShippingZone) -> str:
        return ", ".join(zone.countries) or "everywhere else"


@admin.register(ShippingMethod)
class ShippingMethodAdmin(EditableAdmin):
    list_display = ["name", "code", "zone", "price", "free_over", "days", "is_pickup", "is_active"]
    list_filter = [("zone", RelatedDropdownFilter), "is_active", "is_pickup"]
    list_select_related = ["zone"]
    search_fields = ["name", "code"]
    ordering = ["zone__name", "price_amount"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [] if obj is None else ["code"]

    @display(ordering="price_amount")
    def price(self, method: ShippingMethod) -> str:
        return str(Money(method.price_amount, method.currency))

    @display(description="Free over", ordering="free_over_amount")
    def free_over(self, method: ShippingMethod) -> str:
        return "—" if method.free_over_amount is None else str(Money(method.free_over_amount, method.currency))

    @display(description="Days", ordering="min_days")
    def days(self, method: ShippingMethod) -> str:
        return f"{method.min_days}–{method.max_days}"


@admin.register(TaxRate)
class TaxRateAdmin(EditableAdmin):
    form = TaxRateForm
    list_display = ["name", "country", "tax_class", "percent"]
    search_fields = ["name", "country"]
    ordering = ["country", "tax_class"]
