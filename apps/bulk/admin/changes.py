"""Bulk changes for staff: a form that shows what would happen, then a page with a bar, rows and buttons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.bulk import selectors, services
from apps.bulk.admin.files import ProductFilesMixin
from apps.bulk.exceptions import BulkChangeInvalid
from apps.bulk.models import BulkChange, BulkChangeRow, ChangeStatus, Method, Target
from apps.bulk.rules import Rule
from apps.bulk.services import Selection
from apps.catalog.models import Category, ProductStatus, ProductType, Tag
from apps.common.admin import (
    Button,
    ButtonForm,
    ButtonsMixin,
    DomainMessages,
    LooksAgain,
    Press,
    ReadOnlyAdmin,
    ReadOnlyInline,
    badge,
    link_to,
)
from apps.inventory.models import StockLocation

STATUS_COLOURS = {"previewed": "info", "applying": "warning", "applied": "success", "discarded": ""}
OUTCOME_COLOURS = {"planned": "info", "refused": "danger", "unchanged": "", "applied": "success", "skipped": "warning"}
_BY_HAND = [(method.value, method.label) for method in Method if method != Method.UNDO]


def _chosen(model: Any, order: str, empty: str) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        model.objects.order_by(order), required=False, empty_label=empty, widget=UnfoldAdminSelectWidget
    )


class PreviewForm(forms.ModelForm):
    """Which variants, and what is to happen to them; saving it shows what would, and changes nothing yet."""

    method = forms.ChoiceField(choices=_BY_HAND, widget=UnfoldAdminSelectWidget)
    category = _chosen(Category, "path", "All categories")
    tag = _chosen(Tag, "name", "All tags")
    product_type = _chosen(ProductType, "name", "All types")
    product_status = forms.ChoiceField(
        choices=[("", "Shown or not"), *ProductStatus.choices], required=False, widget=UnfoldAdminSelectWidget
    )
    location = _chosen(StockLocation, "pk", "The store's first place")
    skus = forms.CharField(
        label="SKUs",
        required=False,
        help_text="One a line. Left empty, all that fit the choices above.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    file = forms.FileField(
        required=False,
        help_text="Or a CSV file with the column sku and, for “each as the file says”, the column value.",
        widget=UnfoldAdminFileFieldWidget,
    )
    note = forms.CharField(max_length=200, required=False, help_text="Why.", widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = BulkChange
        fields = ["store", "target", "method", "value", "ending", "note"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file, skus = cleaned.get("file"), cleaned.get("skus", "").split()
        if cleaned.get("method") == Method.EACH and not file:
            self.add_error("file", "Which file?")
        try:
            cleaned["values"] = services.read_file(file) if file else dict.fromkeys(skus) or None
        except BulkChangeInvalid as refusal:
            self.add_error("file", refusal.detail)
        return cleaned

    def rule(self) -> Rule:
        data = self.cleaned_data
        return Rule(Target(data["target"]), Method(data["method"]), data["value"], data["ending"])

    def selection(self) -> Selection:
        data = self.cleaned_data
        where = {
            "category": data["category"] and data["category"].slug,
            "tag": data["tag"] and data["tag"].slug,
            "product_type": data["product_type"] and data["product_type"].code,
            "status": data["product_status"],
        }
        return Selection(
            where={name: value for name, value in where.items() if value},
            values=data["values"],
            location=data["location"].code if data["location"] else "",
            source=data["file"].name[:100] if data["file"] else "",
        )


class NoteForm(ButtonForm):
    note = forms.CharField(max_length=200, required=False, help_text="Why.", widget=UnfoldAdminTextInputWidget)


class RowInline(ReadOnlyInline):
    model = BulkChangeRow
    fields = ["sku", "before", "after", "what_became", "reason"]
    readonly_fields = fields
    ordering = ["place"]
    per_page = 50
    verbose_name_plural = "rows"

    @display(description="Outcome")
    def what_became(self, row: BulkChangeRow) -> SafeString:
        return badge(row.get_outcome_display(), OUTCOME_COLOURS[row.outcome])


def _apply(change: BulkChange, press: Press) -> str:
    services.apply_change(change_id=change.pk, actor_id=press.user.pk)
    return "It is being made; this page tells how far it is."


def _discard(change: BulkChange, press: Press) -> str:
    services.discard_change(change_id=change.pk)
    return "Nothing was changed, and nothing will be."


def _undo(change: BulkChange, press: Press) -> str:
    undoing = services.preview_undo(change_id=change.pk, actor_id=press.user.pk, note=press["note"])
    return f"{undoing} shows what would go back. Look at it, and apply it."


@admin.register(BulkChange)
class BulkChangeAdmin(ProductFilesMixin, LooksAgain, ButtonsMixin, DomainMessages, ReadOnlyAdmin):
    under_way = Q(status=ChangeStatus.APPLYING)
    list_display = ["name", "what", "store", "status_badge", "actor", "created_at", "ended_at"]
    list_filter = [("status", ChoicesDropdownFilter), ("target", ChoicesDropdownFilter)]
    list_select_related = ["store", "actor"]
    search_fields = ["note", "rows__sku"]
    search_help_text = "Note or SKU"
    ordering = ["-pk"]
    actions = None
    buttons = [
        Button(
            name="apply",
            label="Apply",
            icon="done_all",
            variant=ActionVariant.PRIMARY,
            permission=selectors.CHANGE,
            explains="Exactly what the rows say is made. What somebody has changed meanwhile is left alone and told.",
            offered=lambda change: change.status == ChangeStatus.PREVIEWED,
            run=_apply,
        ),
        Button(
            name="discard",
            label="Discard",
            icon="delete",
            permission=selectors.CHANGE,
            explains="The preview stays to be read, and is never made.",
            offered=lambda change: change.status == ChangeStatus.PREVIEWED,
            run=_discard,
        ),
        Button(
            name="undo",
            label="Undo",
            icon="undo",
            permission=selectors.CHANGE,
            explains="Shows what would bring everything back; it is another change, to be applied like this one.",
            form=NoteForm,
            offered=lambda change: change.status == ChangeStatus.APPLIED,
            run=_undo,
        ),
    ]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm(selectors.ADD))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            place = [("category", "tag"), ("product_type", "product_status"), "skus", "file"]
            return [
                (
                    "What is to happen",
                    {"fields": [("store", "location"), ("target", "method"), ("value", "ending"), "note"]},
                ),
                ("To which variants", {"fields": place}),
            ]
        who = [("actor", "created_at"), ("applied_by", "begun_at", "ended_at")]
        undo = ["undoes_link"] if obj.undoes_id else []
        return [(None, {"fields": ["progress", ("what", "status_badge"), ("store", "asked_for"), "note", *undo, *who]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [] if obj is None else ["progress", "what", "status_badge", "asked_for", "undoes_link"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=forms.ModelForm if obj else PreviewForm, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return [RowInline] if obj else []

    def save_model(self, request: HttpRequest, obj: BulkChange, form: PreviewForm, change: bool) -> None:
        made = services.preview_change(
            store=form.cleaned_data["store"],
            rule=form.rule(),
            selection=form.selection(),
            actor_id=request.user.pk or 0,
            note=form.cleaned_data["note"],
        )
        obj.pk = made.pk
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: BulkChange, post_url_continue: Any = None) -> HttpResponse:
        return HttpResponseRedirect(self.page_of(obj))

    @display(description="Change", ordering="pk")
    def name(self, change: BulkChange) -> str:
        return str(change)

    @display(description="Rule")
    def what(self, change: BulkChange) -> str:
        return change.rule

    @display(description="Status", ordering="status")
    def status_badge(self, change: BulkChange) -> SafeString:
        return badge(change.get_status_display(), STATUS_COLOURS[change.status])

    @display(description="Asked for")
    def asked_for(self, change: BulkChange) -> str:
        return ", ".join(f"{name}: {value}" for name, value in change.selection.items()) or "all variants"

    @display(description="Undoes")
    def undoes_link(self, change: BulkChange) -> SafeString | str:
        return link_to(change.undoes, str(change.undoes)) if change.undoes else ""

    @display(description="Progress")
    def progress(self, change: Any) -> SafeString:
        if not hasattr(change, "at"):  # the page asks for a field several times
            change.at = selectors.progress_of(change)
        at = change.at
        bar = {
            "title": f"{at.done} of {at.total} made or skipped",
            "description": f"{at.skipped} skipped, {at.refused} refused, {at.unchanged} unchanged",
            "items": [{"value": 100 * at.done // max(at.total, 1)}],
        }
        return render_to_string("unfold/components/progress.html", bar)
