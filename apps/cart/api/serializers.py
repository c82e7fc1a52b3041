"""A cart as its owner sees it.

The serializers describe the answer for the API's schema; `cart_json` fills it by hand, because a cart is answered at
every step of a purchase and nested serializers took half of its time.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.cart import selectors
from apps.cart.models import Cart
from apps.cart.selectors import CartChange, CartLine
from apps.cart.services import MAX_QUANTITY
from apps.catalog import documents
from apps.catalog.api.serializers import serializer_for
from apps.common.api.fields import MoneyField
from apps.common.money import Money


class AddItemInput(serializers.Serializer[dict[str, Any]]):
    variant_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)


class ChangeItemInput(serializers.Serializer[dict[str, Any]]):
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class CartProductSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    image = serializer_for(documents.Image)(allow_null=True)


class CartVariantSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sku = serializers.CharField()
    title = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())


class CartChangeSerializer(serializers.Serializer[Any]):
    """Something that is not as the shopper saw it; `was` and `now` are prices or quantities."""

    code = serializers.ChoiceField(choices=["price_changed", "stock_changed", "unavailable"])
    item = serializers.UUIDField(help_text="The item's id.")
    was = serializers.JSONField()
    now = serializers.JSONField()


class CartItemSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    variant = CartVariantSerializer()
    product = CartProductSerializer()
    quantity = serializers.IntegerField()
    unit_price = MoneyField()
    line_total = MoneyField()
    available = serializers.IntegerField(help_text="Units that could still be bought; 0 when it is no longer sold.")
    changes = CartChangeSerializer(many=True)


class CartSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True, help_text="Null while nothing was ever put in.")
    token = serializers.CharField(required=False, help_text="Only when a guest's cart was made just now.")
    version = serializers.IntegerField(help_text="Grows with every change.")
    currency = serializers.CharField()
    items = CartItemSerializer(many=True)
    item_count = serializers.IntegerField(help_text="Units in all.")
    subtotal = MoneyField(help_text="What can be bought; items that are no longer sold are not counted.")
    changes = CartChangeSerializer(many=True, help_text="Those of all items.")


def cart_json(cart: Cart | None, lines: list[CartLine], new_token: str = "") -> dict[str, Any]:
    """The shape of CartSerializer, for a cart or for the empty one that was never made."""
    currency = settings.BASE_CURRENCY if cart is None else cart.currency
    items = [_item_json(line) for line in lines]
    return {
        "id": None if cart is None else cart.public_id,
        **({"token": new_token} if new_token else {}),
        "version": 0 if cart is None else cart.version,
        "currency": currency,
        "items": items,
        "item_count": sum(line.quantity for line in lines),
        "subtotal": selectors.subtotal(lines, currency).as_json(),
        "changes": [change for item in items for change in item["changes"]],
    }


def _item_json(line: CartLine) -> dict[str, Any]:
    variant = {"id": line.variant_public_id, "sku": line.sku, "title": line.title, "options": line.options}
    product = {"id": line.product_public_id, "slug": line.slug, "name": line.name, "image": line.image}
    return {
        "id": line.item_id,
        "variant": variant,
        "product": product,
        "quantity": line.quantity,
        "unit_price": line.unit_price.as_json(),
        "line_total": line.total.as_json(),
        "available": line.available if line.is_sold else 0,
        "changes": [_change_json(change) for change in line.changes],
    }


def _change_json(change: CartChange) -> dict[str, Any]:
    was, now = (value.as_json() if isinstance(value, Money) else value for value in (change.was, change.now))
    return {"code": change.code, "item": change.item_id, "was": was, "now": now}
