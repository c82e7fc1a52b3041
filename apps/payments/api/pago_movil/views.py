"""Pago Móvil over the API: instructions and reports for customers; decisions and statements for staff."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.common.api.callers import actor_of, caller_of
from apps.common.api.idempotency import IDEMPOTENCY_HEADER, idempotent
from apps.common.api.json import OrjsonParser
from apps.common.private_files import private_response
from apps.orders.api.views import ORDER_TOKEN_HEADER
from apps.payments import selectors as payment_selectors
from apps.payments.api.pago_movil.fields import PROOF_FILE
from apps.payments.api.pago_movil.serializers import (
    ApproveInput,
    BankSerializer,
    BankStatementSerializer,
    ClaimSerializer,
    ImportedStatementSerializer,
    InstructionsSerializer,
    LayoutSerializer,
    RecipientSerializer,
    RejectInput,
    ReportInput,
    StaffClaimSerializer,
    StaffReportInput,
    StatementInput,
)
from apps.payments.api.pago_movil.throttles import ReportsPerHour
from apps.payments.api.permissions import MayConfirmClaims, require_payer
from apps.payments.exceptions import PaymentNotFound
from apps.payments.models import (
    Bank,
    BankStatement,
    ClaimState,
    PagoMovilClaim,
    PagoMovilRecipient,
    Payment,
    StatementLayout,
)
from apps.payments.selectors import pago_movil as selectors
from apps.payments.services import pago_movil as services


class InCallersLanguage(APIView):
    """Sentences for customers come in the language that the request accepts."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override(translation.get_language_from_request(request)):
            return super().dispatch(request, *args, **kwargs)


class BanksView(generics.ListAPIView[Bank]):
    """The banks from which a mobile payment can come."""

    queryset = selectors.listed_banks()
    serializer_class = BankSerializer
    permission_classes = [AllowAny]
    pagination_class = None
    filter_backends = []


class RecipientsView(generics.ListAPIView[PagoMovilRecipient]):
    """Staff: the shop's accounts, and what customers were told today to send to each."""

    queryset = PagoMovilRecipient.objects.none()
    serializer_class = RecipientSerializer
    permission_classes = [MayConfirmClaims]
    pagination_class = None
    filter_backends = []

    def get_queryset(self) -> QuerySet[PagoMovilRecipient]:
        return selectors.recipients()


class InstructionsView(APIView):
    permission_classes = [AllowAny]  # the payment is found by login or token

    @extend_schema(parameters=[ORDER_TOKEN_HEADER], responses=InstructionsSerializer)
    def get(self, request: Request, payment_id: UUID) -> Response:
        """Where to send a payment, and how much to the cent: what `next_action` had said when it began."""
        payment = payment_selectors.find_payment(public_id=payment_id, user=request.user, token=_token(request))
        return Response(selectors.transfer_for(reference=payment.reference).as_json())


class ClaimViewSet(mixins.ListModelMixin, InCallersLanguage, viewsets.GenericViewSet[PagoMovilClaim]):
    """Reports: a person's own by login, those of one order by a guest's token, all of them for staff."""

    queryset = PagoMovilClaim.objects.none()
    serializer_class = ClaimSerializer
    lookup_url_kwarg = "claim_id"
    lookup_value_converter = "uuid"
    filter_backends = []

    def get_queryset(self) -> QuerySet[PagoMovilClaim]:
        claims = selectors.claims_visible_to(self.request.user)
        state = self.request.query_params.get("state", "")
        if not state:
            return claims
        return claims.filter(state=state) if state in ClaimState.values else claims.none()

    def get_permissions(self) -> list[BasePermission]:
        by_action: dict[str, type[BasePermission]] = {
            "list": IsAuthenticated,
            "approve": MayConfirmClaims,
            "reject": MayConfirmClaims,
            "take": MayConfirmClaims,
        }
        return [by_action.get(self.action, AllowAny)()]  # the others find payment and report by login or token

    def get_throttles(self) -> list[BaseThrottle]:
        return [*super().get_throttles(), *([ReportsPerHour()] if self.action == "create" else [])]

    def get_parsers(self) -> list[BaseParser]:
        return [OrjsonParser(), MultiPartParser()]

    @extend_schema(parameters=[OpenApiParameter("state", enum=ClaimState.values, required=False)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first; staff see everybody's."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        parameters=[ORDER_TOKEN_HEADER, IDEMPOTENCY_HEADER],
        request={"application/json": ReportInput, "multipart/form-data": ReportInput},
        responses={201: ClaimSerializer},
    )
    @idempotent(caller_of)
    def create(self, request: Request) -> Response:
        """I have paid: from which bank and phone, when, with which reference. The order waits until staff decide.

        Until staff look for the money, a further report with the same reference or amount corrects the first.
        """
        form = StaffReportInput if _is_staff(request) else ReportInput
        payment = self._named_in(request)
        params = _valid(form(data=request.data, context={"order": payment and payment.order}))
        name = params.pop("payment")
        if payment is None:
            raise PaymentNotFound(f"There is no payment {name} among yours.")
        require_payer(request, payment.order)
        claim = services.report_claim(
            payment_id=payment.pk,
            report=services.Report(**params),
            actor=actor_of(request),
            user=_user(request),
            record=request.idempotency,  # type: ignore[attr-defined]  # set by the decorator
        )
        return Response(ClaimSerializer(claim).data, status=status.HTTP_201_CREATED)

    @extend_schema(parameters=[ORDER_TOKEN_HEADER])
    def retrieve(self, request: Request, claim_id: UUID) -> Response:
        """One report, and for staff what is odd about it."""
        return self._answer(request, self._find(request, claim_id))

    @extend_schema(parameters=[ORDER_TOKEN_HEADER], responses=PROOF_FILE)
    @action(detail=True)
    def proof(self, request: Request, claim_id: UUID) -> HttpResponse:
        """The picture that came with it, or the PDF, which is handed over as a file."""
        claim = self._find(request, claim_id)
        if not claim.proof:
            raise NotFound
        return private_response(claim.proof)

    @extend_schema(request=None, responses=StaffClaimSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, claim_id: UUID) -> Response:
        """Staff: I look for it at the bank."""
        claim = self._find(request, claim_id)
        return self._answer(request, services.take_claim(claim_id=claim.pk, staff_user=_staff(request)))

    @extend_schema(parameters=[IDEMPOTENCY_HEADER], request=ApproveInput, responses=StaffClaimSerializer)
    @action(detail=True, methods=["post"])
    @idempotent(caller_of)
    def approve(self, request: Request, claim_id: UUID) -> Response:
        """Staff: the bank shows this amount. Another than was asked is refused with both figures, unless accepted.

        Above the owner's limit the first approval is written down, and somebody else must give the second.
        """
        params = _valid(ApproveInput(data=request.data))
        claim = self._find(request, claim_id)
        record = request.idempotency  # type: ignore[attr-defined]  # set by the decorator
        if not record.resource:
            services.approve_claim(claim_id=claim.pk, staff_user=_staff(request), record=record, **params)
        return self._answer(request, self._find(request, claim_id))

    @extend_schema(parameters=[IDEMPOTENCY_HEADER], request=RejectInput, responses=StaffClaimSerializer)
    @action(detail=True, methods=["post"])
    @idempotent(caller_of)
    def reject(self, request: Request, claim_id: UUID) -> Response:
        """Staff: the money cannot be found. The customer is told why, and may report again."""
        params = _valid(RejectInput(data=request.data))
        claim = self._find(request, claim_id)
        services.reject_claim(claim_id=claim.pk, staff_user=_staff(request), **params)
        return self._answer(request, self._find(request, claim_id))

    def _named_in(self, request: Request) -> Payment | None:
        """The payment that a form names, before its other fields are looked at: one of them depends on it."""
        try:
            form: Any = request.data
            name = UUID(str(form.get("payment")))
            return payment_selectors.find_payment(public_id=name, user=request.user, token=_token(request))
        except (AttributeError, ValueError, PaymentNotFound):
            return None

    def _find(self, request: Request, claim_id: UUID) -> PagoMovilClaim:
        return selectors.find_claim(public_id=claim_id, user=request.user, token=_token(request))

    def _answer(self, request: Request, claim: PagoMovilClaim) -> Response:
        serializer = StaffClaimSerializer if _is_staff(request) else ClaimSerializer
        return Response(serializer(claim).data)


class StatementViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[BankStatement]):
    """Staff: the banks' statements."""

    queryset = BankStatement.objects.select_related("recipient").order_by("-pk")
    serializer_class = BankStatementSerializer
    permission_classes = [MayConfirmClaims]
    filter_backends = []
    parser_classes = [MultiPartParser]

    @extend_schema(
        parameters=[IDEMPOTENCY_HEADER],
        request={"multipart/form-data": StatementInput},
        responses={201: ImportedStatementSerializer},
    )
    @idempotent(caller_of)
    def create(self, request: Request) -> Response:
        """Bring a statement: reports that it proves beyond doubt are confirmed in your name, the rest is listed."""
        params = _valid(StatementInput(data=request.data))
        imported = services.import_statement(
            recipient_id=params["recipient"].pk,
            layout_id=params["layout"].pk,
            filename=params["file"].name,
            content=params["file"].read(),
            staff_user=_staff(request),
        )
        return Response(imported.as_json(), status=status.HTTP_201_CREATED)

    @extend_schema(responses=LayoutSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def layouts(self, request: Request) -> Response:
        """The ways in which banks write; staff mend them in the admin."""
        return Response(LayoutSerializer(StatementLayout.objects.order_by("name"), many=True).data)


def _token(request: Request) -> str:
    return request.headers.get("X-Order-Token", "")


def _is_staff(request: Request) -> bool:
    return bool(getattr(request.user, "is_staff", False) and request.user.has_perm("payments.change_pagomovilclaim"))


def _user(request: Request) -> User | None:
    return request.user if request.user.is_authenticated else None


def _staff(request: Request) -> User:
    """Who presses the button; the permission has seen that somebody is signed in."""
    return cast(User, request.user)


def _valid(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
