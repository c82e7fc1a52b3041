from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.inventory.models import MovementReason, StockItem, StockMovement

MOST_UNITS = 1_000_000
_REASONS = [(reason.value, reason.label) for reason in MovementReason if reason != MovementReason.SHIPMENT]


class StockItemSerializer(serializers.ModelSerializer[StockItem]):
    """Units of a variant at a place: `on_hand` less what orders hold and have bought is `free`."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    sku = serializers.CharField(source="variant.sku", read_only=True)
    product = serializers.CharField(source="variant.product.slug", read_only=True)
    store = serializers.CharField(source="location.store.slug", read_only=True)
    location = serializers.CharField(source="location.code", read_only=True)
    free = serializers.IntegerField(read_only=True)

    class Meta:
        model = StockItem
        fields = [
            *("id", "sku", "product", "store", "location"),
            *("on_hand", "reserved", "committed", "free", "low_stock_threshold", "updated_at"),
        ]
        read_only_fields = fields


class MovementSerializer(serializers.ModelSerializer[StockMovement]):
    """One change of `on_hand`; `actor` is empty when the shop itself made it."""

    actor = serializers.EmailField(source="actor.email", read_only=True, default=None, allow_null=True)

    class Meta:
        model = StockMovement
        fields = ["delta", "reason", "note", "actor", "created_at"]
        read_only_fields = fields


class _Noted(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ReceiptInput(_Noted):
    sku = serializers.CharField(max_length=64)
    location = serializers.SlugField(
        max_length=40, required=False, help_text="The code of a place of the store; left out, its first one."
    )
    quantity = serializers.IntegerField(
        min_value=0, max_value=MOST_UNITS, help_text="Zero only makes a place for the variant there."
    )


class AdjustInput(_Noted):
    delta = serializers.IntegerField(
        min_value=-MOST_UNITS, max_value=MOST_UNITS, help_text="Units that come; with a minus, units that go."
    )
    reason = serializers.ChoiceField(choices=_REASONS)

    def validate_delta(self, delta: int) -> int:
        if delta == 0:
            raise serializers.ValidationError("Nothing would change.")
        return delta


class CountInput(_Noted):
    counted = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, help_text="Units on the shelf.")
    expected = serializers.IntegerField(min_value=0, help_text="The `on_hand` that you have read.")


class ThresholdInput(serializers.Serializer[Any]):
    low_stock_threshold = serializers.IntegerField(
        min_value=0, max_value=MOST_UNITS, help_text="With so many free units or fewer, the item counts as low."
    )
