"""Products, for those who keep them: staff by their permissions, members of a store in that store.

Reading what shoppers see is `views`; drafts and deleted products are read under `admin/products/`.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors, services
from apps.catalog.api.keeping import ReadByAll
from apps.catalog.api.staff_serializers import (
    KeptProductSerializer,
    NewProductInput,
    ProductChangesInput,
    ProductInput,
    changes_of,
    draft_from,
    in_words_of_the_api,
    whole,
)
from apps.catalog.api.views import ProductDetailView, ProductListView
from apps.catalog.models import Product, ProductStatus
from apps.catalog.selectors import staff as keepers
from apps.common.api.inputs import read
from apps.common.api.preconditions import IF_MATCH, version_seen, with_version


class KeepsProducts(BasePermission):
    """Staff who may see products, and whoever works in a store."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Any = request.user
        return user.has_perm(keepers.VIEW) or user.store_memberships.exists()


class AddsProducts(BasePermission):
    """Staff who may add products, and whoever sells in a store."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return selectors.stores_to_sell_in(request.user).exists()


class KeptProductFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="narrow", label="Part of the name or of a SKU.")
    status = django_filters.ChoiceFilter(choices=ProductStatus.choices)
    store = django_filters.CharFilter(field_name="store__slug", label="A store's slug.")
    product_type = django_filters.CharFilter(method="narrow", label="A type's code.")
    category = django_filters.CharFilter(method="narrow", label="A category's slug; those below count.")
    tag = django_filters.CharFilter(method="narrow", label="A tag's slug.")
    is_featured = django_filters.BooleanFilter()
    is_deleted = django_filters.BooleanFilter(method="deleted", label="Left out, only those that are not.")
    ordering = django_filters.OrderingFilter(
        fields={"pk": "created_at", "updated_at": "updated_at", "name": "name", "published_at": "published_at"}
    )

    class Meta:
        model = Product
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Product]) -> QuerySet[Product]:
        found = super().filter_queryset(queryset)
        is_asked = self.form.cleaned_data.get("is_deleted") is not None
        return found if is_asked else found.filter(deleted_at=None)

    def narrow(self, products: QuerySet[Product], name: str, value: str) -> QuerySet[Product]:
        return selectors.products_where(products, {name: value})

    def deleted(self, products: QuerySet[Product], name: str, value: bool) -> QuerySet[Product]:
        return products.filter(deleted_at__isnull=not value)


class ProductsView(ReadByAll, ProductListView):
    writers = AddsProducts

    @extend_schema(
        operation_id="products_create", request=NewProductInput, responses={201: KeptProductSerializer}, filters=False
    )
    def post(self, request: Request) -> Response:
        """Make a product, with its variants. Nobody sees it until its status is `published`."""
        said = read(NewProductInput, request.data)
        store = selectors.find_store_to_sell_in(slug=said.pop("store", ""), user=request.user)
        status = ProductStatus(said.pop("status", ProductStatus.DRAFT))
        if said.get("is_featured"):
            _require_staff(request)
        with in_words_of_the_api():
            product = services.add_product(store=store, draft=draft_from(said, store), status=status)
        return _answer(request, product, status=201)


class ProductView(ReadByAll, ProductDetailView):
    writers = IsAuthenticated

    @extend_schema(
        operation_id="products_replace",
        parameters=[IF_MATCH],
        request=ProductInput,
        responses=KeptProductSerializer,
    )
    def put(self, request: Request, name: str) -> Response:
        """Save a product whole: what is left out is emptied, and a variant that is left out is sold no more."""
        return self._save(request, name, ProductInput)

    @extend_schema(
        operation_id="products_update",
        parameters=[IF_MATCH],
        request=ProductChangesInput,
        responses=KeptProductSerializer,
    )
    def patch(self, request: Request, name: str) -> Response:
        """Change some fields. `variants`, where they are sent, are sent whole."""
        return self._save(request, name, ProductChangesInput)

    @extend_schema(operation_id="products_destroy", responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """Take a product away softly: orders still know it, and `restore/` brings it back."""
        product = selectors.find_product(name=name, user=request.user, to=keepers.DELETE)
        services.delete_product(product_id=product.pk)
        return Response(status=204)

    def _save(self, request: Request, name: str, form: type[ProductInput]) -> Response:
        product = selectors.find_product(name=name, user=request.user, to=keepers.CHANGE)
        version = version_seen(request)
        said = read(form, request.data)
        if form is ProductInput:
            said = whole(said)
            if request.user.has_perm(keepers.CHANGE):
                said.setdefault("is_featured", False)
        if said.get("is_featured", product.is_featured) != product.is_featured:
            _require_staff(request)
        with in_words_of_the_api():
            changes = changes_of(said, product.store)
            product = services.edit_product(product_id=product.pk, version=version, **changes)
        return _answer(request, product)


class RestoreView(APIView):
    @extend_schema(operation_id="products_restore", request=None, responses=KeptProductSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Bring a deleted product back with the status that it had."""
        product = selectors.find_product(name=name, user=request.user, to=keepers.DELETE)
        return _answer(request, services.restore_product(product_id=product.pk))


class KeptProductsView(generics.ListAPIView[Product]):
    """Your products, drafts too, the newest first; the deleted ones with `is_deleted=true`."""

    queryset = Product.objects.none()
    serializer_class = KeptProductSerializer
    permission_classes = [IsAuthenticated, KeepsProducts]
    filterset_class = KeptProductFilter

    def get_queryset(self) -> QuerySet[Product]:
        return selectors.products_kept_by(self.request.user).order_by("-pk")


class KeptProductView(APIView):
    @extend_schema(operation_id="admin_products_retrieve", responses=KeptProductSerializer)
    def get(self, request: Request, name: str) -> Response:
        """One of your products as it is kept, by slug or id, with its `version` as `ETag`."""
        return _answer(request, selectors.find_product(name=name, user=request.user))


def _answer(request: Request, product: Product, status: int = 200) -> Response:
    kept = selectors.products_kept_by(request.user).get(pk=product.pk)
    return with_version(Response(KeptProductSerializer(kept).data, status=status), kept.version)


def _require_staff(request: Request) -> None:
    if not request.user.has_perm(keepers.CHANGE):
        raise PermissionDenied("What is featured is for the shop's staff to choose.")
