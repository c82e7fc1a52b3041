"""What a person has asked to be told of, and its end, also without a login."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors as catalog_selectors
from apps.common.api.inputs import read
from apps.common.api.json import OrjsonParser
from apps.wishlists import selectors, services
from apps.wishlists.api.serializers import EndPriceAlertSerializer, PriceAlertInput, PriceAlertSerializer
from apps.wishlists.api.views import me
from apps.wishlists.models import PriceAlert


class PriceAlertsView(generics.ListAPIView[PriceAlert]):
    queryset = PriceAlert.objects.none()
    serializer_class = PriceAlertSerializer
    permission_classes = [IsAuthenticated]
    filter_backends = []

    def get_queryset(self) -> QuerySet[PriceAlert]:
        return selectors.alerts_of(self.request.user)

    @extend_schema(operation_id="price_alerts_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What you have asked to be told of, the newest first."""
        alerts = selectors.seen_alerts(self.paginate_queryset(self.get_queryset()) or [])
        return self.get_paginated_response(PriceAlertSerializer(alerts, many=True).data)

    @extend_schema(operation_id="price_alerts_create", request=PriceAlertInput, responses={201: PriceAlertSerializer})
    def post(self, request: Request) -> Response:
        """Ask to be told by mail when something costs less, or is back. The same again changes nothing."""
        said = read(PriceAlertInput, request.data)
        alert = services.ask_for_alert(
            user=me(request),
            kind=said["kind"],
            product_id=catalog_selectors.get_document(said["product"]).product_id,
            variant_public_id=said.get("variant"),
            target_price=said.get("target_price"),
        )
        [seen] = selectors.seen_alerts([alert])
        return Response(PriceAlertSerializer(seen).data, status=201)


class PriceAlertView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="price_alerts_destroy", responses={204: None})
    def delete(self, request: Request, price_alert_id: UUID) -> Response:
        """End it; what is on its way is not sent any more."""
        alert = selectors.find_alert(alert_id=price_alert_id, user=request.user)
        services.end_alert(alert_id=alert.pk)
        return Response(status=204)


class EndPriceAlertView(APIView):
    """For whoever holds a mail of it. Mail programs POST here by themselves when their button is pressed (RFC 8058)."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [FormParser, MultiPartParser, OrjsonParser]

    @extend_schema(operation_id="price_alerts_end_look", responses=EndPriceAlertSerializer)
    def get(self, request: Request, end_token: str) -> Response:
        """What a POST here would end. Mail scanners open links, so looking changes nothing."""
        return Response(EndPriceAlertSerializer(services.look_at_alert(token=end_token)).data)

    @extend_schema(operation_id="price_alerts_end", request=None, responses=EndPriceAlertSerializer)
    def post(self, request: Request, end_token: str) -> Response:
        """End this alert. Twice is once; the body is not looked at."""
        return Response(EndPriceAlertSerializer(services.end_alert_by_token(token=end_token)).data)
