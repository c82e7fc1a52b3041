"""An order as its owner sees it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api.fields import MoneyField
from apps.fx_rates.api.serializers import QuoteSerializer
from apps.orders.models import (
    Fulfilment,
    FulfilmentLine,
    FulfilmentStatus,
    Order,
    OrderLine,
    OrderStatus,
    OrderStatusChange,
)


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    unit_price = MoneyField()
    subtotal = MoneyField()
    tax = MoneyField()

    class Meta:
        model = OrderLine
        fields = [
            "id",
            "sku",
            "name",
            "options",
            "quantity",
            "sent_quantity",
            "given_up_quantity",
            "unit_price",
            "subtotal",
            "tax_percent",
            "tax",
        ]
        read_only_fields = fields


class SoldLineSerializer(OrderLineSerializer):
    """A line as the store sees it that sold it; who bought it is the shop's to know."""

    order = serializers.CharField(source="order.number", read_only=True)
    order_status = serializers.ChoiceField(source="order.status", choices=OrderStatus.choices, read_only=True)
    placed_at = serializers.DateTimeField(source="order.created_at", read_only=True)

    class Meta(OrderLineSerializer.Meta):
        fields = ["order", "order_status", "placed_at", *OrderLineSerializer.Meta.fields]
        read_only_fields = fields


class FulfilmentLineSerializer(serializers.ModelSerializer[FulfilmentLine]):
    line = serializers.UUIDField(source="line.public_id", read_only=True)

    class Meta:
        model = FulfilmentLine
        fields = ["line", "quantity"]
        read_only_fields = fields


class FulfilmentSerializer(serializers.ModelSerializer[Fulfilment]):
    """A parcel, or a pick-up, and the units in it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    lines = FulfilmentLineSerializer(many=True, read_only=True)
    shipped_at = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Fulfilment
        fields = ["id", "carrier", "tracking_number", "shipped_at", "lines"]
        read_only_fields = fields


class OrderSummarySerializer(serializers.ModelSerializer[Order]):
    """One entry of the list of orders."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    total = MoneyField()
    placed_at = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Order
        fields = [
            "id",
            "number",
            "status",
            "payment_status",
            "fulfilment_status",
            "total",
            "placed_at",
            "payment_due_at",
        ]
        read_only_fields = fields


class OrderSerializer(OrderSummarySerializer):
    """The whole order."""

    lines = OrderLineSerializer(many=True, read_only=True)
    fulfilments = serializers.SerializerMethodField()
    subtotal = MoneyField()
    discount = MoneyField()
    shipping = MoneyField()
    tax = MoneyField()
    paid = MoneyField()
    balance = MoneyField()
    refunded = MoneyField()
    quote = QuoteSerializer(read_only=True, allow_null=True)
    shipping_method = serializers.CharField(source="shipping_method_name", read_only=True)

    class Meta(OrderSummarySerializer.Meta):
        fields = [
            *OrderSummarySerializer.Meta.fields,
            "email",
            "phone",
            "language",
            "lines",
            "subtotal",
            "discount",
            "shipping",
            "tax",
            "paid",
            "balance",
            "refunded",
            "quote",
            "shipping_method",
            "shipping_address",
            "billing_address",
            "note",
            "paid_at",
            "fulfilments",
        ]
        read_only_fields = fields

    @extend_schema_field(FulfilmentSerializer(many=True))
    def get_fulfilments(self, order: Order) -> Any:
        """Parcels, oldest first; an order that nothing has left is not asked."""
        if order.fulfilment_status == FulfilmentStatus.UNFULFILLED:
            return []
        parcels = order.fulfilments.order_by("pk").prefetch_related("lines__line")
        return list(FulfilmentSerializer(parcels, many=True).data)


class OrderStatusChangeSerializer(serializers.ModelSerializer[OrderStatusChange]):
    class Meta:
        model = OrderStatusChange
        fields = ["old", "new", "reason", "created_at"]
        read_only_fields = fields


class CancelOrderInput(serializers.Serializer[None]):
    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class ParcelLineInput(serializers.Serializer[dict[str, Any]]):
    line = serializers.UUIDField(help_text="The id of a line of the order.")
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)


class ShipOrderInput(serializers.Serializer[dict[str, Any]]):
    lines = ParcelLineInput(
        many=True, required=False, allow_empty=False, help_text="What is in the parcel; all that is left unless said."
    )
    carrier = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    tracking_number = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)

    def validate_lines(self, lines: list[dict[str, Any]]) -> dict[UUID, int]:
        named = {one["line"]: one["quantity"] for one in lines}
        if len(named) < len(lines):
            raise serializers.ValidationError("Name each line once.")
        return named
