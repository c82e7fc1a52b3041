"""Product files over the API: a store's products to download, and a file to look at and to make so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.bulk import selectors, services
from apps.bulk.foreign import Look
from apps.bulk.models import ProductImport
from apps.bulk.services import ImportReport, exporting
from apps.bulk.services.uploads import KINDS, MOST_BYTES, MOST_PROBLEMS
from apps.catalog import selectors as catalog_selectors
from apps.catalog.selectors import staff as keepers
from apps.common.api.callers import caller_of
from apps.common.api.idempotency import IDEMPOTENCY_HEADER, idempotent
from apps.common.api.inputs import read
from apps.stores import selectors as store_selectors
from apps.stores.exceptions import StoreNotFound
from apps.stores.models import Store, StoreAction


class KeepsProductFiles(BasePermission):
    """To look: whoever keeps products. To import: staff who keep products and stock."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Any = request.user
        if request.method == "POST":
            return selectors.may_bring_in(user)
        return user.has_perm(keepers.VIEW) or user.store_memberships.exists()


class BringsProductsIn(BasePermission):
    """Staff who keep products and stock; they see each other's imports."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return selectors.may_bring_in(request.user)


class ProductFileInput(serializers.Serializer[Any]):
    """A product file of at most 10 MB; larger ones are for `manage.py import_products`."""

    file = serializers.FileField()
    kind = serializers.ChoiceField(choices=KINDS)
    store = serializers.SlugField(required=False, help_text="Its slug; left out, the default store.")
    product_type = serializers.SlugField(required=False, help_text="Other shops' files: the type of all products.")
    vendor_attribute = serializers.SlugField(required=False, help_text="Other shops' files: where the vendor goes.")
    is_dry_run = serializers.BooleanField(default=True, help_text="Say what would happen, and change nothing.")
    skip_bad_rows = serializers.BooleanField(default=False, help_text="Leave out products with bad rows.")
    set_stock = serializers.BooleanField(default=False, help_text="Also correct stock that is on the books.")

    def validate_file(self, file: Any) -> Any:
        if file.size > MOST_BYTES:
            raise serializers.ValidationError(f"At most {MOST_BYTES // 1024 // 1024} MB; split it.")
        return file

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if said["kind"] in services.FOREIGN and not said.get("product_type"):
            raise serializers.ValidationError({"product_type": ["Which type shall all products have?"]})
        return said


class RowProblemSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    column = serializers.CharField(help_text="Empty for the whole row.")
    reason = serializers.CharField()


class ImportReportSerializer(serializers.Serializer[ImportReport]):
    """What an import did, or would do when it was a dry run or rows were bad: then `is_written` is false."""

    rows = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    left_out = serializers.IntegerField()
    units_received = serializers.IntegerField()
    stock_corrected = serializers.IntegerField()
    pictures_wanted = serializers.IntegerField()
    is_written = serializers.BooleanField()
    problems = RowProblemSerializer(many=True, help_text=f"The first {MOST_PROBLEMS}.")


class ProductImportSerializer(serializers.ModelSerializer[ProductImport]):
    """A file that somebody has brought: how far it is, and what came of it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    url = serializers.SerializerMethodField(help_text="Ask there how far it is.")
    store = serializers.CharField(source="store.slug", read_only=True)
    brought_by = serializers.EmailField(source="actor.email", read_only=True)
    report = ImportReportSerializer(allow_null=True, read_only=True, help_text="Once it has `ended`.")
    can_be_made = serializers.BooleanField(
        read_only=True, help_text="Whether `import/` makes the same file so, for a day after it was looked at."
    )

    class Meta:
        model = ProductImport
        fields = [
            *("id", "url", "store", "kind", "file_name", "is_dry_run", "status", "done", "total", "report", "problem"),
            *("can_be_made", "brought_by", "created_at", "begun_at", "ended_at"),
        ]
        read_only_fields = fields

    def get_url(self, wanted: ProductImport) -> str:
        return reverse("product-import", args=[wanted.public_id])


class ProductFilesView(APIView):
    permission_classes = [IsAuthenticated, KeepsProductFiles]
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="product_files_export",
        parameters=[
            OpenApiParameter("kind", enum=["jsonl", "csv"], default="jsonl"),
            OpenApiParameter("store", description="Its slug; left out, the default store or your own."),
        ],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """All products of a store as a file: JSONL with everything, or CSV with what is sold."""
        store = _store_to_look_in(request)
        kind = "csv" if request.query_params.get("kind") == "csv" else "jsonl"
        lines = exporting.csv_lines(store) if kind == "csv" else exporting.jsonl(store)
        response = StreamingHttpResponse(lines, content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="{store.slug}.{kind}"'
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    @extend_schema(
        operation_id="product_files_import",
        parameters=[IDEMPOTENCY_HEADER],
        request={"multipart/form-data": ProductFileInput},
        responses={202: ProductImportSerializer},
    )
    @idempotent(caller_of)
    def post(self, request: Request) -> Response:
        """See what a file would make of a store's products, or make it so with `is_dry_run=false`.

        It is done soon after; `url` tells how far it is, and what came of it.
        """
        said = read(ProductFileInput, request.data)
        store = catalog_selectors.find_store_to_sell_in(slug=said.get("store", ""), user=request.user)
        wanted = services.begin_import(
            file_name=said["file"].name,
            content=said["file"].read(),
            kind=said["kind"],
            look=Look(said.get("product_type", ""), said.get("vendor_attribute", "")),
            store=store,
            is_dry_run=said["is_dry_run"],
            skip_bad_rows=said["skip_bad_rows"],
            set_stock=said["set_stock"],
            actor_id=_me(request),
        )
        return Response(ProductImportSerializer(wanted).data, status=202)


class ProductImportView(APIView):
    permission_classes = [IsAuthenticated, BringsProductsIn]

    @extend_schema(operation_id="product_imports_retrieve", responses=ProductImportSerializer)
    def get(self, request: Request, product_import_id: UUID) -> Response:
        """How far the shop is with a file, and what came of it."""
        return Response(ProductImportSerializer(selectors.find_import(import_id=product_import_id)).data)


class MakeImportView(APIView):
    permission_classes = [IsAuthenticated, BringsProductsIn]

    @extend_schema(
        operation_id="product_imports_make",
        parameters=[IDEMPOTENCY_HEADER],
        request=None,
        responses={202: ProductImportSerializer},
    )
    @idempotent(caller_of)
    def post(self, request: Request, product_import_id: UUID) -> Response:
        """Make so what a dry run has shown, with the same file; it need not be uploaded again for a day."""
        looked_at = selectors.find_import(import_id=product_import_id)
        wanted = services.make_import(import_id=looked_at.pk, actor_id=_me(request))
        return Response(ProductImportSerializer(wanted).data, status=202)


def _me(request: Request) -> int:
    return request.user.pk or 0  # IsAuthenticated has seen to it


def _store_to_look_in(request: Request) -> Store:
    user: Any = request.user
    stores = (
        Store.objects.all() if user.has_perm(keepers.VIEW) else store_selectors.stores_where(user, StoreAction.LOOK)
    )
    slug = request.query_params.get("store", "").replace("\0", "")
    store = (stores.filter(slug=slug) if slug else stores.order_by("-is_default", "pk")).first()
    if store is None:
        raise StoreNotFound
    return store
