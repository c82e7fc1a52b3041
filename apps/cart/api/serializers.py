"""A cart as its owner sees it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.cart.services import MAX_QUANTITY
from apps.common.api.fields import MoneyField


class AddItemInput(serializers.Serializer[dict[str, Any]]):
    variant_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)


class ChangeItemInput(serializers.Serializer[dict[str, Any]]):
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class CartProductSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    slug = serializers.CharField()
    name = serializers.CharField()


class CartVariantSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    sku = serializers.CharField()
    title = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())


class CartChangeSerializer(serializers.Serializer[Any]):
    """Something that is not as the shopper saw it; `was` and `now` are prices or quantities."""

    code = serializers.ChoiceField(choices=["price_changed", "stock_changed", "unavailable"])
    was = serializers.JSONField()
    now = serializers.JSONField()


class CartItemSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="item_id")
    product = CartProductSerializer()
    variant = CartVariantSerializer()
    quantity = serializers.IntegerField()
    unit_price = MoneyField()
    total = MoneyField()
    available = serializers.IntegerField(help_text="Units that could still be bought.")
    changes = CartChangeSerializer(many=True)


class CartSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True, help_text="Null while the cart is empty and was never used.")
    token = serializers.CharField(required=False, help_text="Only when a guest's cart was made just now.")
    version = serializers.IntegerField()
    items = CartItemSerializer(many=True)
    item_count = serializers.IntegerField()
    subtotal = MoneyField()
