"""Stores and who works in them. What a change of a store means for its products a trigger sees to, whoever makes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from apps.common.admin import EditableAdmin
from apps.stores.models import Store, StoreMember, StoreRole


class StoreForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        """Whoever opens it has decided."""
        data: dict[str, Any] = super().clean() or {}
        return data | {"is_awaiting_opening": bool(data.get("is_awaiting_opening")) and not data.get("is_active")}


class MemberFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        """Whoever looks after the store's people must be there, if any are."""
        super().clean()
        kept = [form.cleaned_data for form in self.forms if form.is_valid() and form not in self.deleted_forms]
        roles = {data["role"] for data in kept if data.get("user")}
        if roles and StoreRole.OWNER not in roles:
            raise forms.ValidationError("A store that has members has an owner.")


class MemberInline(TabularInline):
    model = StoreMember
    formset = MemberFormSet
    fields = ["user", "role"]
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Store)
class StoreAdmin(EditableAdmin):
    form = StoreForm
    list_display = ["name", "slug", "email", "base_currency", "state", "is_default"]
    list_filter = [("is_awaiting_opening", BooleanRadioFilter), ("is_active", BooleanRadioFilter)]
    search_fields = ["name", "slug"]
    fields = ["name", "slug", "email", "base_currency", ("is_default", "is_active", "is_awaiting_opening")]
    inlines = [MemberInline]

    @display(description="State", label={"Open": "success", "To open": "warning", "Closed": ""})
    def state(self, store: Store) -> str:
        if store.is_awaiting_opening:
            return "To open"
        return "Open" if store.is_active else "Closed"

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Prices are kept in the base currency, so it never changes."""
        return [] if obj is None else ["base_currency"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
