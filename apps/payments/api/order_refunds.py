"""What of an order goes back: for staff to decide, and for its owner to follow."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.api.callers import actor_of, caller_of
from apps.common.api.idempotency import IDEMPOTENCY_HEADER, idempotent
from apps.orders import selectors as order_selectors
from apps.orders.api.views import ORDER_TOKEN_HEADER
from apps.orders.models import Order
from apps.payments import selectors, services
from apps.payments.api.permissions import MayRefund
from apps.payments.api.serializers import OrderRefundInput, OrderRefundSerializer, OrderRefundsSerializer
from apps.payments.models import OrderRefund


class OrderRefundsView(APIView):
    def get_permissions(self) -> list[BasePermission]:
        return [MayRefund() if self.request.method == "POST" else AllowAny()]  # the order is found by login or token

    @extend_schema(parameters=[ORDER_TOKEN_HEADER], responses=OrderRefundsSerializer)
    def get(self, request: Request, number: str) -> Response:
        """What of the order can be given back, line by line, and everything that was or is on its way."""
        order = _find(request, number)
        shown = {
            "refundable": selectors.refundable(order),
            "lines": selectors.refundable_lines(order),
            "decisions": selectors.order_refunds(order),
            "refunds": selectors.refunds_of(order),
        }
        return Response(OrderRefundsSerializer(shown).data)

    @extend_schema(parameters=[IDEMPOTENCY_HEADER], request=OrderRefundInput, responses={201: OrderRefundSerializer})
    @idempotent(caller_of)
    def post(self, request: Request, number: str) -> Response:
        """Staff: give back the price of units, or an amount, or all that is left; the latest payment's money first."""
        params = OrderRefundInput(data=request.data)
        params.is_valid(raise_exception=True)
        wanted: dict[str, Any] = dict(params.validated_data)
        units = wanted.pop("lines", [])
        record = request.idempotency  # type: ignore[attr-defined]  # set by the decorator
        decision = _made_before(record) or services.refund_order_lines(
            order_id=_find(request, number).pk,
            lines=[(one["line"], one["quantity"]) for one in units],
            unsent={one["line"]: one["unsent_quantity"] for one in units if "unsent_quantity" in one},
            actor=actor_of(request),
            actor_id=request.user.pk,
            record=record,
            **wanted,
        )
        return Response(OrderRefundSerializer(decision).data, status=status.HTTP_201_CREATED)


def _find(request: Request, number: str) -> Order:
    token = request.headers.get("X-Order-Token", "")
    return order_selectors.find_order(name=number, user=request.user, token=token)


def _made_before(record: Any) -> OrderRefund | None:
    """What an earlier, crashed run of this very request had already decided."""
    kind, _, decision_id = record.resource.partition(":")
    return OrderRefund.objects.get(pk=decision_id) if kind == "order-refund" else None
