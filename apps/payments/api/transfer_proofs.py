"""A customer reports a bank transfer; the picture is shown to nobody else but staff."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.common.api.callers import caller_of
from apps.common.api.idempotency import IDEMPOTENCY_HEADER, idempotent
from apps.common.api.json import OrjsonParser
from apps.common.private_files import private_response
from apps.orders.api.views import ORDER_TOKEN_HEADER
from apps.payments import selectors, services
from apps.payments.api.pago_movil.fields import PROOF_FILE
from apps.payments.api.pago_movil.throttles import ReportsPerHour
from apps.payments.api.permissions import require_payer
from apps.payments.api.serializers import TransferProofInput, TransferProofSerializer
from apps.payments.models import Payment


class TransferProofsView(APIView):
    permission_classes = [AllowAny]  # the payment is found by login or token

    def get_parsers(self) -> list[BaseParser]:
        return [OrjsonParser(), MultiPartParser()]

    def get_throttles(self) -> list[BaseThrottle]:
        return [*super().get_throttles(), *([ReportsPerHour()] if self.request.method == "POST" else [])]

    @extend_schema(parameters=[ORDER_TOKEN_HEADER], responses=TransferProofSerializer(many=True))
    def get(self, request: Request, payment_id: UUID) -> Response:
        """What was reported of this payment, oldest first."""
        proofs = _find(request, payment_id).proofs.select_related("payment").order_by("pk")
        return Response(TransferProofSerializer(proofs, many=True).data)

    @extend_schema(
        parameters=[ORDER_TOKEN_HEADER, IDEMPOTENCY_HEADER],
        request={"application/json": TransferProofInput, "multipart/form-data": TransferProofInput},
        responses={201: TransferProofSerializer},
    )
    @idempotent(caller_of)
    def post(self, request: Request, payment_id: UUID) -> Response:
        """I have sent the money: under which reference, from whose account. The order waits until staff have looked."""
        params: Any = TransferProofInput(data=request.data)
        params.is_valid(raise_exception=True)
        payment = _find(request, payment_id)
        require_payer(request, payment.order)
        proof = services.report_transfer(
            payment_id=payment.pk,
            report=services.TransferReport(**params.validated_data),
            record=request.idempotency,  # type: ignore[attr-defined]  # set by the decorator
        )
        return Response(TransferProofSerializer(proof).data, status=status.HTTP_201_CREATED)


class TransferPictureView(APIView):
    permission_classes = [AllowAny]  # the payment is found by login or token

    @extend_schema(parameters=[ORDER_TOKEN_HEADER], responses=PROOF_FILE)
    def get(self, request: Request, payment_id: UUID, proof_id: UUID) -> HttpResponse:
        """The picture that came with a report, or the PDF, which is handed over as a file."""
        proof = _find(request, payment_id).proofs.filter(public_id=proof_id).first()
        if proof is None or not proof.picture:
            raise NotFound
        return private_response(proof.picture)


def _find(request: Request, payment_id: UUID) -> Payment:
    token = request.headers.get("X-Order-Token", "")
    return selectors.find_payment(public_id=payment_id, user=request.user, token=token)
