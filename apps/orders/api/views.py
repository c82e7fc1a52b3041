"""Orders for their owners, and the buttons of staff."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.callers import actor_of, caller_of
from apps.common.api.idempotency import IDEMPOTENCY_HEADER, idempotent
from apps.orders import selectors, services
from apps.orders.api.filters import OrderFilter
from apps.orders.api.permissions import MayChangeOrders, require_own
from apps.orders.api.serializers import (
    CancelOrderInput,
    OrderSerializer,
    OrderStatusChangeSerializer,
    OrderSummarySerializer,
    ShipOrderInput,
)
from apps.orders.models import Order

ORDER_TOKEN_HEADER = OpenApiParameter(
    "X-Order-Token", str, OpenApiParameter.HEADER, description="A guest's key to one order, from the checkout's answer."
)


class OrderViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Order]):
    """The caller's orders: a person's own by login, one order by a guest's token, all of them for staff.

    An order is named by its number or its id. A stranger's order is a 404.
    """

    queryset = Order.objects.none()
    serializer_class = OrderSummarySerializer
    filterset_class = OrderFilter
    lookup_field = "number"
    lookup_value_regex = "[A-Za-z0-9-]{1,40}"

    def get_queryset(self) -> QuerySet[Order]:
        return selectors.orders_visible_to(self.request.user)

    def get_permissions(self) -> list[BasePermission]:
        by_action: dict[str, type[BasePermission]] = {
            "list": IsAuthenticated,
            "ship": MayChangeOrders,
            "complete": MayChangeOrders,
        }
        return [by_action.get(self.action, AllowAny)()]  # the others find the order by login or token

    @extend_schema(parameters=[ORDER_TOKEN_HEADER], responses=OrderSerializer)
    def retrieve(self, request: Request, number: str) -> Response:
        """The whole order. One whose payment window is over expires when it is looked at."""
        return self._answer(self._find(request, number))

    @extend_schema(parameters=[ORDER_TOKEN_HEADER], responses=OrderStatusChangeSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def history(self, request: Request, number: str) -> Response:
        """What happened to the order, oldest first."""
        changes = self._find(request, number).history.order_by("pk")
        return Response(OrderStatusChangeSerializer(changes, many=True).data)

    @extend_schema(
        parameters=[ORDER_TOKEN_HEADER, IDEMPOTENCY_HEADER], request=CancelOrderInput, responses=OrderSerializer
    )
    @action(detail=True, methods=["post"])
    @idempotent(caller_of)
    def cancel(self, request: Request, number: str) -> Response:
        """Cancel the order; what was paid is refunded in full. Customers may until it is being packed."""
        params = CancelOrderInput(data=request.data)
        params.is_valid(raise_exception=True)
        order = self._find(request, number)
        require_own(request, order, or_any_of=("orders.change_order",))
        if not request.user.has_perm("orders.change_order"):
            order.require_cancellable_by_customer()
        reason = params.validated_data["reason"]
        return self._answer(services.cancel_order(order_id=order.pk, actor=actor_of(request), reason=reason))

    @extend_schema(parameters=[IDEMPOTENCY_HEADER], request=ShipOrderInput, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent(caller_of)
    def ship(self, request: Request, number: str) -> Response:
        """Staff: a parcel has left, with some units or all that are left; the customer is told its tracking number."""
        params = ShipOrderInput(data=request.data)
        params.is_valid(raise_exception=True)
        order = self._find(request, number)
        shipped = services.ship_order(
            order_id=order.pk, actor=actor_of(request), actor_id=request.user.pk, **params.validated_data
        )
        return self._answer(shipped)

    @extend_schema(parameters=[IDEMPOTENCY_HEADER], request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent(caller_of)
    def complete(self, request: Request, number: str) -> Response:
        """Staff: the parcel has arrived."""
        order = self._find(request, number)
        return self._answer(services.complete_order(order_id=order.pk, actor=actor_of(request)))

    def _find(self, request: Request, number: str) -> Order:
        token = request.headers.get("X-Order-Token", "")
        order = selectors.find_order(name=number, user=request.user, token=token)
        if services.expire_if_due(order_id=order.pk):
            order.refresh_from_db()
        return order

    def _answer(self, order: Order) -> Response:
        return Response(OrderSerializer(order).data)
