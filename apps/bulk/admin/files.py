"""Product files for staff: a store's products to download, and a file to look at first and then to make so.

A file is brought in beside the web; the page of its import tells how far that is, and what came of it.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from apps.bulk import selectors, services
from apps.bulk.foreign import Look
from apps.bulk.models import FileKind, ImportStatus, ProductImport
from apps.bulk.services import FOREIGN, exporting
from apps.bulk.services.uploads import KINDS, MOST_BYTES
from apps.catalog.models import Attribute, ProductType
from apps.catalog.selectors import staff as keepers
from apps.common.admin import Button, ButtonsMixin, LooksAgain, Press, ReadOnlyAdmin, badge
from apps.stores.models import Store

MOST_LISTED = 5
COLOURS = {
    "Waiting": "info",
    "Running": "warning",
    "Brought in": "success",
    "Looked at": "info",
    "Bad rows": "warning",
    "Refused": "danger",
    "Failed": "danger",
}
WRITERS = {"csv": exporting.csv_lines, "jsonl": exporting.jsonl}
COUNTS = {
    "rows": "Rows read",
    "created": "New products",
    "updated": "Changed products",
    "unchanged": "As they were",
    "left_out": "Left out for bad rows",
    "units_received": "Units counted in",
    "stock_corrected": "Stock corrected",
    "pictures_wanted": "Pictures to fetch",
}


def _chosen(model: Any, order: str, **kwargs: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(model.objects.order_by(order), widget=UnfoldAdminSelectWidget, **kwargs)


class ProductFileForm(forms.Form):
    store = _chosen(Store, "-is_default", empty_label=None)
    kind = forms.ChoiceField(choices=KINDS, widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget,
        help_text=f"At most {MOST_BYTES // 1024 // 1024} MB; larger ones are for the command import_products.",
    )
    product_type = _chosen(ProductType, "name", required=False, help_text="Other shops' files: all products' type.")
    vendor_attribute = _chosen(Attribute, "name", required=False, help_text="Other shops' files: where vendors go.")
    skip_bad_rows = forms.BooleanField(
        required=False, help_text="Leave out products with bad rows.", widget=UnfoldBooleanSwitchWidget
    )
    set_stock = forms.BooleanField(
        required=False, help_text="Also correct stock that is on the books.", widget=UnfoldBooleanSwitchWidget
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"At most {MOST_BYTES // 1024 // 1024} MB; split it.")
        return file

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("kind") in FOREIGN and not said.get("product_type"):
            self.add_error("product_type", "Which type shall all products have?")
        return said

    def bring_in(self, *, is_dry_run: bool, actor_id: int) -> ProductImport:
        said = self.cleaned_data
        product_type, vendor = said["product_type"], said["vendor_attribute"]
        return services.begin_import(
            store=said["store"],
            file_name=said["file"].name,
            content=said["file"].read(),
            kind=said["kind"],
            look=Look(product_type.code if product_type else "", vendor.code if vendor else ""),
            is_dry_run=is_dry_run,
            skip_bad_rows=said["skip_bad_rows"],
            set_stock=said["set_stock"],
            actor_id=actor_id,
        )


class ProductFilesMixin(ModelAdmin):
    """Puts *Product files* above a list: out for who sees products, in for who keeps them and stock."""

    actions_list = ["product_files"]

    def has_take_out_permission(self, request: HttpRequest) -> bool:
        """A method, for a permission's name would be looked up in the database before that is migrated."""
        return request.user.has_perm(keepers.VIEW)

    @action(description="Product files", url_path="product-files", icon="upload_file", permissions=["take_out"])
    def product_files(self, request: HttpRequest) -> HttpResponseBase:
        if "kind" in request.GET:
            return _download(request.GET.get("store", ""), request.GET["kind"])
        may_import, form = selectors.may_bring_in(request.user), ProductFileForm()
        if request.method == "POST":
            if not may_import:
                raise PermissionDenied
            form = ProductFileForm(request.POST, request.FILES)
            if form.is_valid():
                is_dry_run = request.POST.get("do") != "import"
                wanted = form.bring_in(is_dry_run=is_dry_run, actor_id=request.user.pk or 0)
                return HttpResponseRedirect(_page_of(wanted))
        latest = selectors.product_imports()[:MOST_LISTED] if may_import else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Product files",
            "form": form if may_import else None,
            "imports": [(_page_of(one), one, _state(one)) for one in latest],
            "all_imports": reverse("admin:bulk_productimport_changelist"),
            "stores": Store.objects.order_by("-is_default", "name"),
            "back": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "bulk/files.html", context)


def _page_of(wanted: ProductImport) -> str:
    return reverse("admin:bulk_productimport_change", args=[wanted.pk])


def _download(store_slug: str, kind: str) -> StreamingHttpResponse:
    store = Store.objects.filter(slug=store_slug.replace("\0", "")).first()
    if store is None or kind not in WRITERS:
        raise Http404
    response = StreamingHttpResponse(WRITERS[kind](store), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{store.slug}.{kind}"'
    return response


def _make(looked_at: ProductImport, press: Press) -> str:
    services.make_import(import_id=looked_at.pk, actor_id=press.user.pk)
    return "The file is being brought in; this page tells how far it is."


@admin.register(ProductImport)
class ProductImportAdmin(ProductFilesMixin, LooksAgain, ButtonsMixin, ReadOnlyAdmin):
    """For whoever may bring files in, whatever he may do with bulk changes."""

    under_way = Q(status__in=[ImportStatus.WAITING, ImportStatus.RUNNING])
    list_display = ["name", "store", "kind", "state", "actor", "created_at", "ended_at"]
    list_filter = [("status", ChoicesDropdownFilter), "is_dry_run"]
    search_fields = ["file_name"]
    search_help_text = "Name of the file"
    ordering = ["-pk"]
    actions = None
    readonly_fields = ["what_became", "state", "asked_for"]
    fieldsets = [
        (None, {"fields": ["what_became"]}),
        (
            "The file",
            {
                "fields": [
                    ("state", "asked_for"),
                    ("kind", "store"),
                    ("actor", "created_at"),
                    ("begun_at", "ended_at"),
                ]
            },
        ),
    ]
    buttons = [
        Button(
            name="import",
            label="Import",
            icon="done_all",
            variant=ActionVariant.PRIMARY,
            permission=keepers.CHANGE,
            explains="The same file is brought in for good, all of it or nothing.",
            offered=lambda looked_at: looked_at.can_be_made,
            run=_make,
        )
    ]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return selectors.may_bring_in(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return selectors.may_bring_in(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductImport]:
        return selectors.product_imports()

    @display(description="Import", ordering="pk")
    def name(self, wanted: ProductImport) -> str:
        return str(wanted)

    @display(description="Status", ordering="status")
    def state(self, wanted: ProductImport) -> SafeString:
        return badge(_state(wanted), COLOURS[_state(wanted)])

    @display(description="Asked for")
    def asked_for(self, wanted: ProductImport) -> str:
        said = {
            "to look at it first": wanted.is_dry_run,
            "to bring it in": not wanted.is_dry_run,
            "to leave out products with bad rows": wanted.skip_bad_rows,
            "to correct stock": wanted.set_stock,
            f"type {wanted.product_type}": wanted.product_type,
            f"vendors as {wanted.vendor_attribute}": wanted.vendor_attribute,
        }
        return ", ".join(words for words, is_so in said.items() if is_so)

    @display(description="What became of it")
    def what_became(self, wanted: ProductImport) -> SafeString:
        report = wanted.report or {}
        context = {
            "wanted": wanted,
            "bar": _bar(wanted),
            "verdict": _verdict(wanted),
            "counts": [(label, report.get(name)) for name, label in COUNTS.items()],
        }
        return render_to_string("bulk/import.html", context)


def _state(wanted: ProductImport) -> str:
    """The status, and of what has ended how it did."""
    if wanted.status != ImportStatus.ENDED or wanted.report is None:
        return str(wanted.get_status_display())
    if wanted.report["is_written"]:
        return "Brought in"
    return "Looked at" if wanted.would_be_written else "Bad rows"


def _bar(wanted: ProductImport) -> dict[str, Any]:
    if wanted.status == ImportStatus.WAITING:
        return {"title": "It is about to begin", "items": [{"value": 0}]}
    if not wanted.total:
        return {"title": "The file is being read", "items": [{"value": 0}]}
    what = "lines" if wanted.kind == FileKind.JSONL else "products"
    percent = 100 * wanted.done // wanted.total
    said = {"title": f"{wanted.done} of {wanted.total} {what}", "items": [{"value": percent}]}
    return {**said, "description": "" if wanted.done < wanted.total else "Stock is being counted"}


def _verdict(wanted: ProductImport) -> str:
    if wanted.status != ImportStatus.ENDED or wanted.report is None:
        return ""
    if wanted.report["is_written"]:
        return "The products are as the file says."
    if wanted.can_be_made:
        return "This is what would happen; nothing is changed yet. Import makes it so, with the same file."
    if wanted.would_be_written:
        return "This is what would have happened; nothing was changed. The file has gone: upload it again."
    return "Nothing is changed. Mend the rows, or have their products left out."
