"""Stock, for those who keep it: staff by their permissions, members of a store in that store."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.api.callers import caller_of
from apps.common.api.idempotency import IDEMPOTENCY_HEADER, idempotent
from apps.common.api.inputs import read
from apps.inventory import selectors, services
from apps.inventory.api.serializers import (
    AdjustInput,
    CountInput,
    MovementSerializer,
    ReceiptInput,
    StockItemSerializer,
    ThresholdInput,
)
from apps.inventory.models import MovementReason, StockItem, StockMovement


class KeepsStock(BasePermission):
    """Staff who may see stock, and whoever works in a store."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Any = request.user
        return user.has_perm(selectors.VIEW) or user.store_memberships.exists()


class StockFilter(django_filters.FilterSet):
    sku = django_filters.CharFilter(field_name="variant__sku")
    product = django_filters.CharFilter(field_name="variant__product__slug", label="A product's slug.")
    store = django_filters.CharFilter(field_name="location__store__slug", label="A store's slug.")
    location = django_filters.CharFilter(field_name="location__code", label="A place's code.")
    is_low = django_filters.BooleanFilter(method="low", label="Few are left, and the product is on sale.")

    class Meta:
        model = StockItem
        fields: list[str] = []

    def low(self, items: QuerySet[StockItem], name: str, is_wanted: bool) -> QuerySet[StockItem]:
        few = selectors.low_stock().values("pk")
        return items.filter(pk__in=few) if is_wanted else items.exclude(pk__in=few)


class StockView(generics.ListAPIView[StockItem]):
    queryset = StockItem.objects.none()
    serializer_class = StockItemSerializer
    filterset_class = StockFilter

    def get_permissions(self) -> list[BasePermission]:
        return [IsAuthenticated()] if self.request.method == "POST" else [IsAuthenticated(), KeepsStock()]

    def get_queryset(self) -> QuerySet[StockItem]:
        return selectors.stock_kept_by(self.request.user).order_by("variant__sku", "pk")

    @extend_schema(operation_id="admin_stock_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What lies where, by SKU."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="admin_stock_receive",
        parameters=[IDEMPOTENCY_HEADER],
        request=ReceiptInput,
        responses={201: StockItemSerializer},
        filters=False,
    )
    @idempotent(caller_of)
    def post(self, request: Request) -> Response:
        """Write down units that arrived; the first ones of a variant at a place make its stock item."""
        said = read(ReceiptInput, request.data)
        variant = selectors.find_variant(sku=said["sku"], user=request.user)
        location = selectors.find_location(store=variant.product.store, code=said.get("location", ""))
        services.receive_stock(
            receipts=[(variant.pk, location.pk, said["quantity"])],
            actor_id=request.user.pk,
            note=said.get("note", ""),
        )
        items = selectors.stock_kept_by(request.user)
        return Response(StockItemSerializer(items.get(variant=variant, location=location)).data, status=201)


class StockItemView(APIView):
    @extend_schema(operation_id="admin_stock_retrieve", responses=StockItemSerializer)
    def get(self, request: Request, stock_item_id: UUID) -> Response:
        """One stock item."""
        return Response(StockItemSerializer(selectors.find_item(item_id=stock_item_id, user=request.user)).data)

    @extend_schema(operation_id="admin_stock_update", request=ThresholdInput, responses=StockItemSerializer)
    def patch(self, request: Request, stock_item_id: UUID) -> Response:
        """Say from how few units on it counts as low."""
        item = selectors.find_item(item_id=stock_item_id, user=request.user, to=selectors.CHANGE)
        threshold = read(ThresholdInput, request.data)["low_stock_threshold"]
        services.set_low_stock_threshold(stock_item_id=item.pk, threshold=threshold)
        return _answer(item)


class AdjustView(APIView):
    @extend_schema(
        operation_id="admin_stock_adjust",
        parameters=[IDEMPOTENCY_HEADER],
        request=AdjustInput,
        responses=StockItemSerializer,
    )
    @idempotent(caller_of)
    def post(self, request: Request, stock_item_id: UUID) -> Response:
        """Add or take units, with a reason; refused if fewer would be left than orders have been promised."""
        item = selectors.find_item(item_id=stock_item_id, user=request.user, to=selectors.CHANGE)
        said = read(AdjustInput, request.data)
        services.adjust_on_hand(
            stock_item_id=item.pk,
            delta=said["delta"],
            reason=MovementReason(said["reason"]),
            actor_id=request.user.pk,
            note=said.get("note", ""),
        )
        return _answer(item)


class CountView(APIView):
    @extend_schema(
        operation_id="admin_stock_count",
        parameters=[IDEMPOTENCY_HEADER],
        request=CountInput,
        responses=StockItemSerializer,
    )
    @idempotent(caller_of)
    def post(self, request: Request, stock_item_id: UUID) -> Response:
        """Set what was counted on the shelf, if the book still says what the counter saw."""
        item = selectors.find_item(item_id=stock_item_id, user=request.user, to=selectors.CHANGE)
        said = read(CountInput, request.data)
        services.correct_on_hand(
            stock_item_id=item.pk,
            counted=said["counted"],
            expected=said["expected"],
            actor_id=request.user.pk,
            note=said.get("note", ""),
        )
        return _answer(item)


class MovementsView(generics.ListAPIView[StockMovement]):
    """How the units of a stock item came and went, the latest first."""

    queryset = StockMovement.objects.none()
    serializer_class = MovementSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[StockMovement]:
        item = selectors.find_item(item_id=self.kwargs["stock_item_id"], user=self.request.user)
        return item.movements.select_related("actor").order_by("-pk")


def _answer(item: StockItem) -> Response:
    return Response(StockItemSerializer(selectors.stock().get(pk=item.pk)).data)
