"""Payments for their owners, and what staff do about money that only they see."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.cart import selectors as cart_selectors
from apps.cart.api.views import CART_TOKEN_HEADER
from apps.common.api.callers import actor_of, caller_of
from apps.common.api.idempotency import IDEMPOTENCY_HEADER, Secrets, idempotent
from apps.common.money import Money
from apps.fx_rates.api.serializers import QuoteSerializer
from apps.orders import selectors as order_selectors
from apps.orders.api.views import ORDER_TOKEN_HEADER
from apps.payments import selectors, services
from apps.payments.api import secrets as payment_secrets
from apps.payments.api.filters import PaymentFilter
from apps.payments.api.permissions import MayConfirmPayments, MayRefund, require_payer
from apps.payments.api.serializers import (
    ConfirmPaymentInput,
    MethodsQuery,
    NewPaymentInput,
    NewQuoteInput,
    PaymentMethodSerializer,
    PaymentSerializer,
    RefundInput,
    RefundSerializer,
    RejectPaymentInput,
    SentRefundInput,
    StartedPaymentSerializer,
)
from apps.payments.models import Payment, Refund, SavedMethod


class OrderPaymentsView(APIView):
    permission_classes = [AllowAny]  # the order is found by login or token

    @extend_schema(parameters=[ORDER_TOKEN_HEADER], responses=PaymentSerializer(many=True))
    def get(self, request: Request, number: str) -> Response:
        """Every attempt to pay the order, newest first, for its owner by login and for a guest by the order's token."""
        order = order_selectors.find_order(
            name=number, user=request.user, token=request.headers.get("X-Order-Token", "")
        )
        return Response(PaymentSerializer(selectors.payments_of(order), many=True).data)

    @extend_schema(
        parameters=[ORDER_TOKEN_HEADER, IDEMPOTENCY_HEADER],
        request=NewPaymentInput,
        responses={201: StartedPaymentSerializer},
    )
    @idempotent(caller_of, Secrets(payment_secrets.hide, payment_secrets.restore))
    def post(self, request: Request, number: str) -> Response:
        """Pay an order that still waits for it: again, or another way. An attempt that is open is returned.

        A `saved_method` is charged at once. If its bank wants to hear from the customer, the next action says so; a
        refused card leaves the payment `failed`, and another request tries the same card, or another, anew.

        With `next_action.type` "none" look at `status`: `created` means that the provider could not be reached and that
        this may be repeated with a new key; `failed` that another way is needed.
        """
        params = _valid(NewPaymentInput(data=request.data))
        order = order_selectors.find_order(
            name=number, user=request.user, token=request.headers.get("X-Order-Token", "")
        )
        require_payer(request, order)
        return_url = services.require_known_origin(params["return_url"])
        payment = services.new_attempt(
            order_id=order.pk,
            provider=params["provider"],
            part=params.get("amount"),
            currency=params["currency"],
            quote_id=params.get("quote"),
            saved_method=_saved_method(request, params),
        )
        payment, next_action = services.start_or_replace(payment_id=payment.pk, return_url=return_url)
        body = StartedPaymentSerializer(payment, context={"next_action": next_action}).data
        return Response(body, status=status.HTTP_201_CREATED)


def _saved_method(request: Request, params: dict[str, Any]) -> SavedMethod | None:
    if "saved_method" not in params:
        return None
    return selectors.find_saved_method(user=request.user, public_id=params["saved_method"], provider=params["provider"])


class OrderQuotesView(APIView):
    permission_classes = [AllowAny]  # the order is found by login or token

    @extend_schema(parameters=[ORDER_TOKEN_HEADER], request=NewQuoteInput, responses={201: QuoteSerializer})
    def post(self, request: Request, number: str) -> Response:
        """What is left to pay, or a part of it, in another currency: good until `expires_at`, for a new payment."""
        params = _valid(NewQuoteInput(data=request.data))
        order = order_selectors.find_order(
            name=number, user=request.user, token=request.headers.get("X-Order-Token", "")
        )
        require_payer(request, order)
        quote = services.quote_order(order_id=order.pk, currency=params["currency"], part=params.get("amount"))
        return Response(QuoteSerializer(quote).data, status=status.HTTP_201_CREATED)


class PaymentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Payment]):
    """The caller's payments: a person's own by login, those of one order by a guest's token, all of them for staff."""

    queryset = Payment.objects.none()
    serializer_class = PaymentSerializer
    filterset_class = PaymentFilter
    lookup_url_kwarg = "payment_id"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Payment]:
        return selectors.payments_visible_to(self.request.user)

    def get_permissions(self) -> list[BasePermission]:
        by_action: dict[str, type[BasePermission]] = {
            "list": IsAuthenticated,
            "confirm": MayConfirmPayments,
            "reject": MayConfirmPayments,
            "refunds": MayRefund,
            "refund_sent": MayRefund,
        }
        return [by_action.get(self.action, AllowAny)()]  # the others find the payment by login or token

    @extend_schema(
        parameters=[MethodsQuery, CART_TOKEN_HEADER], responses=PaymentMethodSerializer(many=True), filters=False
    )
    @action(detail=False, pagination_class=None)
    def methods(self, request: Request) -> Response:
        """The ways of paying, for checkout's `payment_method` and a new payment's `provider`; closed ones say why.

        Without `amount`, in the shop's base currency, the goods in the caller's cart are looked at, if there are any.
        """
        params = _valid(MethodsQuery(data=request.query_params))
        asked = params.pop("amount", None)
        amount = _worth_of_cart(request) if asked is None else Money(asked, settings.BASE_CURRENCY)
        return Response(PaymentMethodSerializer(services.payment_methods(amount=amount, **params), many=True).data)

    @extend_schema(parameters=[ORDER_TOKEN_HEADER])
    def retrieve(self, request: Request, payment_id: UUID) -> Response:
        """One payment and its refunds, as we know them."""
        return Response(PaymentSerializer(self._find(request, payment_id)).data)

    @extend_schema(parameters=[ORDER_TOKEN_HEADER], request=None, responses=PaymentSerializer)
    @action(detail=True, methods=["post"])
    def refresh(self, request: Request, payment_id: UUID) -> Response:
        """Ask the provider now: for the page to which the customer comes back. Repeating it changes nothing more."""
        payment = self._find(request, payment_id)
        if not payment.is_judged:
            services.settle_payment(payment_id=payment.pk)
        return Response(PaymentSerializer(self._find(request, payment_id)).data)

    @extend_schema(parameters=[IDEMPOTENCY_HEADER], request=ConfirmPaymentInput, responses=PaymentSerializer)
    @action(detail=True, methods=["post"])
    @idempotent(caller_of)
    def confirm(self, request: Request, payment_id: UUID) -> Response:
        """Staff: the money of a transfer has arrived. Another amount than was asked is set aside with a case."""
        params = _valid(ConfirmPaymentInput(data=request.data))
        payment = self._find(request, payment_id)
        record = request.idempotency  # type: ignore[attr-defined]  # set by the decorator
        if not record.resource:
            payment = services.confirm_manual_payment(
                payment_id=payment.pk, staff_user=_staff(request), record=record, **params
            )
        return Response(PaymentSerializer(payment).data)

    @extend_schema(parameters=[IDEMPOTENCY_HEADER], request=RejectPaymentInput, responses=PaymentSerializer)
    @action(detail=True, methods=["post"])
    @idempotent(caller_of)
    def reject(self, request: Request, payment_id: UUID) -> Response:
        """Staff: the money of a transfer cannot be found. The order stays payable while its window is open."""
        params = _valid(RejectPaymentInput(data=request.data))
        payment = self._find(request, payment_id)
        payment = services.reject_manual_payment(payment_id=payment.pk, staff_user=_staff(request), **params)
        return Response(PaymentSerializer(payment).data)

    @extend_schema(parameters=[IDEMPOTENCY_HEADER], request=RefundInput, responses={201: RefundSerializer})
    @action(detail=True, methods=["post"])
    @idempotent(caller_of)
    def refunds(self, request: Request, payment_id: UUID) -> Response:
        """Staff: give money back, all that is left or a part. It is sent at once; `status` says when it arrived."""
        params = _valid(RefundInput(data=request.data))
        payment = self._find(request, payment_id)
        record = request.idempotency  # type: ignore[attr-defined]  # set by the decorator
        refund = _made_before(record) or services.request_refund(
            payment_id=payment.pk,
            amount=params.get("amount"),
            reason=params["reason"],
            actor=actor_of(request),
            record=record,
        )
        return Response(RefundSerializer(refund).data, status=status.HTTP_201_CREATED)

    @extend_schema(parameters=[IDEMPOTENCY_HEADER], request=SentRefundInput, responses=RefundSerializer)
    @action(detail=True, methods=["post"], url_path="refunds/<uuid:refund_id>/sent", url_name="refund-sent")
    @idempotent(caller_of)
    def refund_sent(self, request: Request, payment_id: UUID, refund_id: UUID) -> Response:
        """Staff: a refund that no provider sends has been sent by hand."""
        params = _valid(SentRefundInput(data=request.data))
        refund = selectors.find_refund(payment=self._find(request, payment_id), public_id=refund_id)
        refund = services.confirm_manual_refund(refund_id=refund.pk, staff_user=_staff(request), **params)
        return Response(RefundSerializer(refund).data)

    def _find(self, request: Request, payment_id: UUID) -> Payment:
        token = request.headers.get("X-Order-Token", "")
        return selectors.find_payment(public_id=payment_id, user=request.user, token=token)


def _worth_of_cart(request: Request) -> Money | None:
    cart = cart_selectors.find_cart(user=request.user, token=request.headers.get("X-Cart-Token", ""))
    if cart is None:
        return None
    worth = cart_selectors.subtotal(cart_selectors.priced_lines(cart, with_stock=False), cart.currency)
    return worth if worth.amount else None


def _staff(request: Request) -> User:
    """Who presses the button; the permission has seen that somebody is signed in."""
    return cast(User, request.user)


def _made_before(record: Any) -> Refund | None:
    """The refund that an earlier, crashed run of this very request had already asked for."""
    kind, _, refund_id = record.resource.partition(":")
    return Refund.objects.get(pk=refund_id) if kind == "refund" else None


def _valid(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
