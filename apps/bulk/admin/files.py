"""Product files for staff: a store's products to download, and a file to look at first and then to make so."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from apps.bulk import services
from apps.bulk.exceptions import ProductFileRefused
from apps.bulk.foreign import Look
from apps.bulk.services import FOREIGN, ImportReport, exporting
from apps.bulk.services.uploads import KINDS, MOST_BYTES
from apps.catalog.models import Attribute, ProductType
from apps.catalog.selectors import staff as keepers
from apps.inventory import selectors as inventory_selectors
from apps.stores.models import Store

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

    def bring_in(self, *, is_dry_run: bool, actor_id: int | None) -> ImportReport | None:
        """The report; None when the file was refused, which then stands beside it."""
        said = self.cleaned_data
        product_type, vendor = said["product_type"], said["vendor_attribute"]
        try:
            return services.import_upload(
                content=said["file"].read(),
                kind=said["kind"],
                look=Look(product_type.code if product_type else "", vendor.code if vendor else ""),
                store=said["store"],
                is_dry_run=is_dry_run,
                skip_bad_rows=said["skip_bad_rows"],
                set_stock=said["set_stock"],
                actor_id=actor_id,
            )
        except ProductFileRefused as refusal:
            self.add_error("file", refusal.detail)
            return None


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
        may_import = request.user.has_perms([keepers.ADD, keepers.CHANGE, inventory_selectors.CHANGE])
        form, report = ProductFileForm(), None
        if request.method == "POST":
            if not may_import:
                raise PermissionDenied
            form = ProductFileForm(request.POST, request.FILES)
            if form.is_valid():
                report = form.bring_in(is_dry_run=request.POST.get("do") != "import", actor_id=request.user.pk)
        if report and report.is_written:
            messages.success(request, "The products are as the file says.")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Product files",
            "form": form if may_import else None,
            "report": report,
            "counts": report and [(label, getattr(report, name)) for name, label in COUNTS.items()],
            "stores": Store.objects.order_by("-is_default", "name"),
            "back": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "bulk/files.html", context)


def _download(store_slug: str, kind: str) -> StreamingHttpResponse:
    store = Store.objects.filter(slug=store_slug.replace("\0", "")).first()
    if store is None or kind not in WRITERS:
        raise Http404
    response = StreamingHttpResponse(WRITERS[kind](store), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{store.slug}.{kind}"'
    return response
