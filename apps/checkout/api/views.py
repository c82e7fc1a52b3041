"""From cart to order in one call, with a look at the price before."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.cart import selectors as cart_selectors
from apps.cart.api.views import CART_TOKEN_HEADER
from apps.cart.models import Cart
from apps.checkout import services
from apps.checkout.api.serializers import CheckoutInput, CheckoutSerializer, PreviewInput, PreviewSerializer
from apps.checkout.services import Purchase
from apps.common.api.callers import caller_of
from apps.common.api.idempotency import IDEMPOTENCY_HEADER, Secrets, idempotent
from apps.common.api.inputs import read
from apps.orders import selectors as order_selectors
from apps.orders.api.serializers import OrderSerializer
from apps.orders.models import OrderLine
from apps.payments import selectors as payment_selectors
from apps.payments import services as payment_services
from apps.payments.api import secrets as payment_secrets
from apps.payments.models import Payment
from apps.payments.providers import NextAction

_SECRETS = Secrets(
    hide=lambda body: body | {"payment": payment_secrets.hide(body["payment"])},
    restore=lambda body: body | {"payment": payment_secrets.restore(body["payment"])},
)


class PreviewView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(parameters=[CART_TOKEN_HEADER], request=PreviewInput, responses=PreviewSerializer)
    def post(self, request: Request) -> Response:
        """What the cart costs, sent to a country; without a method the total leaves shipping out. Nothing is held."""
        params = read(PreviewInput, request.data)
        preview = services.preview(cart=_cart_of(request), **params)
        quote = preview.quote
        shown = {
            "lines": quote.lines,
            "shipping_methods": preview.methods,
            "subtotal": quote.subtotal,
            "shipping": quote.shipping,
            "tax": quote.tax,
            "total": quote.total,
            "quote": preview.exchange,
        }
        return Response(PreviewSerializer(shown, context={"subtotal": quote.subtotal}).data)


class CheckoutView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        parameters=[IDEMPOTENCY_HEADER, CART_TOKEN_HEADER], request=CheckoutInput, responses={201: CheckoutSerializer}
    )
    @idempotent(caller_of, _SECRETS)
    def post(self, request: Request) -> Response:
        """Make an order of the cart: units are held until `payment_due_at`; `payment.next_action` says how to pay."""
        params = read(CheckoutInput, request.data)
        return_url = payment_services.require_known_origin(params.pop("return_url"))
        record = request.idempotency  # type: ignore[attr-defined]  # set by the decorator
        placed = services.find_placed(record=record) or services.place_order(
            purchase=_purchase(request, params), record=record
        )
        payment, next_action = payment_services.start_first_payment(payment=placed.payment, return_url=return_url)
        return _answer(payment, placed.lines, next_action)


_order_serializer = OrderSerializer()  # one for all answers: to make its thirty fields takes longer than to use them
_lines_serializer = _order_serializer.fields.pop("lines")  # they are in hand, and not read again


def _answer(payment: Payment, lines: list[OrderLine], next_action: NextAction) -> Response:
    order = payment.order
    body = {
        **_order_serializer.to_representation(order),
        "lines": _lines_serializer.to_representation(lines),
        "payment": {
            "id": payment.public_id,
            "provider": payment.provider,
            "status": payment.status,
            "amount": payment.money.as_json(),
            "next_action": next_action.as_json(),
        },
        "order_token": order_selectors.guest_token(order),
    }
    return Response(body, status=status.HTTP_201_CREATED)


def _cart_of(request: Request) -> Cart | None:
    return cart_selectors.find_cart(user=request.user, token=_cart_token(request))


def _cart_token(request: Request) -> str:
    return request.headers.get("X-Cart-Token", "")


def _purchase(request: Request, params: dict[str, Any]) -> Purchase:
    customer = request.user if isinstance(request.user, User) else None
    email = params.pop("email") or (customer.email if customer else "")
    if not email:
        raise ValidationError({"email": ["A guest needs an e-mail address, where the order is sent."]})
    address = params["shipping_address"]
    provider, saved_id = params.pop("payment_method"), params.pop("saved_method", None)
    saved_method = None
    if saved_id is not None:
        saved_method = payment_selectors.find_saved_method(user=request.user, public_id=saved_id, provider=provider)
    return Purchase(
        buyer=request.user,
        cart_token=_cart_token(request),
        email=email,
        phone=params.pop("phone") or address["phone"],
        language=params.pop("language", None) or (customer.language if customer else "es"),
        provider=provider,
        saved_method=saved_method,
        quote_id=params.pop("quote", None),
        billing_address=params.pop("billing_address", None) or address,
        **params,
    )
