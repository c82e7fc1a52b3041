"""The cart of whoever asks: a person's by login, a guest's by token."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.cart import selectors, services
from apps.cart.api.serializers import AddItemInput, CartSerializer, ChangeItemInput
from apps.cart.exceptions import CartItemNotFound
from apps.cart.models import Cart
from apps.cart.selectors import CartLine
from apps.common.money import Money

CART_TOKEN_HEADER = OpenApiParameter(
    "X-Cart-Token",
    str,
    OpenApiParameter.HEADER,
    description="A guest's cart, from the answer that made it; a login wins over it.",
)


class _CartAPIView(APIView):
    permission_classes = [AllowAny]

    def cart(self) -> Cart | None:
        return selectors.find_cart(user=self.request.user, token=self.request.headers.get("X-Cart-Token", ""))

    def cart_or_404(self) -> Cart:
        cart = self.cart()
        if cart is None:
            raise CartItemNotFound("There is no such item: the cart is empty.")
        return cart


class CartView(_CartAPIView):
    @extend_schema(parameters=[CART_TOKEN_HEADER], responses=CartSerializer)
    def get(self, request: Request) -> Response:
        """The cart at today's prices; `changes` on an item says what is not as the shopper saw it."""
        cart = self.cart()
        return Response(present(cart, [] if cart is None else selectors.priced_lines(cart)))

    @extend_schema(parameters=[CART_TOKEN_HEADER], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Take everything out."""
        cart = self.cart()
        if cart is not None:
            services.empty(cart=cart)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CartItemsView(_CartAPIView):
    @extend_schema(
        parameters=[CART_TOKEN_HEADER],
        request=AddItemInput,
        responses={201: CartSerializer},
        examples=[
            OpenApiExample(
                "Two units",
                value={"variant_id": "0199b2c4-7a53-7c51-9d6a-7b1f0a2c9e11", "quantity": 2},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Put units in, on top of what is there. A guest's first item makes a cart; keep the `token` of the answer."""
        params = AddItemInput(data=request.data)
        params.is_valid(raise_exception=True)
        filled = services.add_item(
            user=request.user,
            token=request.headers.get("X-Cart-Token", ""),
            variant_public_id=params.validated_data["variant_id"],
            quantity=params.validated_data["quantity"],
        )
        response = Response(present(filled.cart, filled.lines, filled.new_token), status=status.HTTP_201_CREATED)
        if filled.new_token:
            response["X-Cart-Token"] = filled.new_token
        return response


class CartItemView(_CartAPIView):
    @extend_schema(parameters=[CART_TOKEN_HEADER], request=ChangeItemInput, responses=CartSerializer)
    def patch(self, request: Request, item_id: UUID) -> Response:
        """Set how many units the cart holds."""
        params = ChangeItemInput(data=request.data)
        params.is_valid(raise_exception=True)
        filled = services.change_quantity(
            cart=self.cart_or_404(), item_public_id=item_id, quantity=params.validated_data["quantity"]
        )
        return Response(present(filled.cart, filled.lines))

    @extend_schema(parameters=[CART_TOKEN_HEADER], responses=CartSerializer)
    def delete(self, request: Request, item_id: UUID) -> Response:
        """Take the item out."""
        filled = services.remove_item(cart=self.cart_or_404(), item_public_id=item_id)
        return Response(present(filled.cart, filled.lines))


def present(cart: Cart | None, lines: list[CartLine], new_token: str = "") -> dict[str, Any]:
    """The JSON of a cart, or of the empty one that was never made."""
    currency = lines[0].unit_price.currency if lines else settings.BASE_CURRENCY
    shown = {
        "id": None if cart is None else cart.public_id,
        "version": 0 if cart is None else cart.version,
        "items": lines,
        "item_count": sum(line.quantity for line in lines),
        "subtotal": sum((line.total for line in lines), Money.zero(currency)),
    }
    return CartSerializer(shown | ({"token": new_token} if new_token else {})).data
