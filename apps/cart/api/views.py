"""The cart of whoever asks: a person's by login, a guest's by token."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.cart import selectors, services
from apps.cart.api.serializers import AddItemInput, CartSerializer, ChangeItemInput, cart_json
from apps.cart.services import FilledCart
from apps.common.api.inputs import read

CART_TOKEN_HEADER = OpenApiParameter(
    "X-Cart-Token",
    str,
    OpenApiParameter.HEADER,
    description="A guest's cart, from the answer that made it; a login wins over it.",
)
_NEW_TOKEN_HEADER = OpenApiParameter(
    "X-Cart-Token",
    str,
    OpenApiParameter.HEADER,
    response=[201],
    description="The key to a guest's cart that was made just now: keep it, it is told once.",
)
_TWO_UNITS = OpenApiExample(
    "Two units", {"variant_id": "0199b2c4-7a53-7c51-9d6a-7b1f0a2c9e11", "quantity": 2}, request_only=True
)
_PRICE_ROSE = {
    "code": "price_changed",
    "item": "0199b2c5-0d13-7f0e-b7a1-5b8ad2e57d30",
    "was": {"amount": "24.00", "currency": "USD"},
    "now": {"amount": "26.00", "currency": "USD"},
}
_CHANGED = OpenApiExample(
    "A price rose since",
    {
        "id": "0199b2c5-0d11-7a60-8a70-2f1f5f0f2b7c",
        "version": 3,
        "currency": "USD",
        "items": [
            {
                "id": "0199b2c5-0d13-7f0e-b7a1-5b8ad2e57d30",
                "variant": {
                    "id": "0199b2c4-7a53-7c51-9d6a-7b1f0a2c9e11",
                    "sku": "RX-78-2-HG",
                    "title": "HG 1/144",
                    "options": {"Grade": "HG 1/144"},
                },
                "product": {
                    "id": "0199b2c4-7a4f-7d8d-b1a1-9be7f4a01f55",
                    "slug": "rx-78-2-gundam",
                    "name": "RX-78-2 Gundam",
                    "image": {
                        "url": "/media/products/2026/03/rx.webp",
                        "alt": "The box",
                        "width": 800,
                        "height": 600,
                        "renditions": {
                            "url": "/media/products/2026/03/rx-5f21c0-{width}.{format}",
                            "widths": [320, 640, 800],
                        },
                    },
                },
                "quantity": 2,
                "unit_price": {"amount": "26.00", "currency": "USD"},
                "line_total": {"amount": "52.00", "currency": "USD"},
                "available": 7,
                "changes": [_PRICE_ROSE],
            }
        ],
        "item_count": 2,
        "subtotal": {"amount": "52.00", "currency": "USD"},
        "changes": [_PRICE_ROSE],
    },
    response_only=True,
)


class _CartAPIView(APIView):
    permission_classes = [AllowAny]

    @property
    def token(self) -> str:
        return self.request.headers.get("X-Cart-Token", "")


class CartView(_CartAPIView):
    @extend_schema(
        operation_id="cart_retrieve", parameters=[CART_TOKEN_HEADER], responses=CartSerializer, examples=[_CHANGED]
    )
    def get(self, request: Request) -> Response:
        """The cart at today's prices; `changes` says what is not as the shopper saw it. Reading makes no cart."""
        cart = selectors.find_cart(user=request.user, token=self.token)
        return Response(cart_json(cart, [] if cart is None else selectors.priced_lines(cart)))

    @extend_schema(operation_id="cart_empty", parameters=[CART_TOKEN_HEADER], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Take everything out."""
        services.empty(user=request.user, token=self.token)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CartItemsView(_CartAPIView):
    @extend_schema(
        operation_id="cart_add_item",
        parameters=[CART_TOKEN_HEADER, _NEW_TOKEN_HEADER],
        request=AddItemInput,
        responses={201: CartSerializer},
        examples=[_TWO_UNITS],
    )
    def post(self, request: Request) -> Response:
        """Put units in, on top of what is there. A guest's first item makes a cart; keep the `token` of the answer."""
        chosen = read(AddItemInput, request.data)
        filled = services.add_item(
            user=request.user, token=self.token, variant_public_id=chosen["variant_id"], quantity=chosen["quantity"]
        )
        headers = {"X-Cart-Token": filled.new_token} if filled.new_token else None
        return _answer(filled, status.HTTP_201_CREATED, headers)


class CartItemView(_CartAPIView):
    @extend_schema(
        operation_id="cart_change_item",
        parameters=[CART_TOKEN_HEADER],
        request=ChangeItemInput,
        responses=CartSerializer,
    )
    def patch(self, request: Request, item_id: UUID) -> Response:
        """Set how many units the cart holds; today's price counts as seen."""
        quantity = read(ChangeItemInput, request.data)["quantity"]
        return _answer(
            services.change_quantity(user=request.user, token=self.token, item_public_id=item_id, quantity=quantity)
        )

    @extend_schema(operation_id="cart_remove_item", parameters=[CART_TOKEN_HEADER], responses=CartSerializer)
    def delete(self, request: Request, item_id: UUID) -> Response:
        """Take the item out."""
        return _answer(services.remove_item(user=request.user, token=self.token, item_public_id=item_id))


def _answer(filled: FilledCart, code: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(cart_json(filled.cart, filled.lines, filled.new_token), status=code, headers=headers)
