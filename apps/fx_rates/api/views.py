"""Rates for everybody, and what staff do about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.api.callers import actor_of
from apps.fx_rates import selectors, services
from apps.fx_rates.api.filters import AlertFilter, HistoryFilter
from apps.fx_rates.api.permissions import (
    MayAcknowledgeAlerts,
    MayRefreshRates,
    MaySeeAlerts,
    MaySeeStatistics,
    MaySetRates,
)
from apps.fx_rates.api.serializers import (
    AcknowledgeInput,
    AlertSerializer,
    ConversionSerializer,
    ConvertInput,
    CurrencyInput,
    FetchInput,
    FetchReportSerializer,
    ManualRateInput,
    ManualRateSerializer,
    MomentInput,
    PastRateSerializer,
    RateSerializer,
    StatisticsInput,
    StatisticsSerializer,
)
from apps.fx_rates.models import ExchangeRateAlert, ExchangeRateSnapshot


@method_decorator(conditional_page, name="dispatch")
class PublicView(APIView):
    """For everybody; an answer may be kept, but is checked every time, so that a new rate is seen at once."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    limit_bucket = "rates"

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(final, public=True, no_cache=True)
        return final


class CurrentRateView(PublicView):
    @extend_schema(parameters=[CurrencyInput], responses=RateSerializer)
    def get(self, request: Request) -> Response:
        """The rate that is in use now, with its source and age."""
        currency = _valid(CurrencyInput, request.query_params)["currency"]
        return Response(RateSerializer(selectors.current_rate(currency)).data)


class RateHistoryView(PublicView, ListAPIView[ExchangeRateSnapshot]):
    """Every rate that there has been, newest first; one whose value date is still to come is among them."""

    queryset = ExchangeRateSnapshot.objects.none()
    serializer_class = PastRateSerializer
    filterset_class = HistoryFilter

    def get_queryset(self) -> QuerySet[ExchangeRateSnapshot]:
        currency = _valid(CurrencyInput, self.request.query_params)["currency"]
        selectors.require_kept(currency)
        return selectors.history(currency)

    @extend_schema(parameters=[CurrencyInput])
    def get(self, request: Request) -> Response:
        return super().get(request)


class RateAtView(PublicView):
    @extend_schema(parameters=[MomentInput], responses=RateSerializer)
    def get(self, request: Request) -> Response:
        """The rate that was in use at a moment."""
        asked = _valid(MomentInput, request.query_params)
        rate = selectors.rate_at(asked["currency"], asked["at"])
        return Response(RateSerializer(rate, context={"at": asked["at"]}).data)


class ConvertView(PublicView):
    @extend_schema(request=ConvertInput, responses=ConversionSerializer)
    def post(self, request: Request) -> Response:
        """An amount in another currency, for information: it promises nothing, a quote does."""
        asked = _valid(ConvertInput, request.data)
        return Response(ConversionSerializer(selectors.convert(asked["amount"], asked["currency"])).data)


class ManualRateView(APIView):
    permission_classes = [MaySetRates]

    @extend_schema(request=ManualRateInput, responses={201: ManualRateSerializer})
    def post(self, request: Request) -> Response:
        """Let a rate stand before what the sources say, for a reason and until it expires."""
        rate = services.set_manual_rate(**_valid(ManualRateInput, request.data), actor=actor_of(request))
        return Response(ManualRateSerializer(rate).data, status=status.HTTP_201_CREATED)

    @extend_schema(parameters=[CurrencyInput], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Go back to what the sources say: manual rates in use end now."""
        services.end_manual_rate(**_valid(CurrencyInput, request.query_params))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RefreshView(APIView):
    permission_classes = [MayRefreshRates]

    @extend_schema(request=FetchInput, responses=FetchReportSerializer)
    def post(self, request: Request) -> Response:
        """Ask the sources now; this may take as long as the slowest one, half a minute."""
        report = services.fetch_rates(**_valid(FetchInput, request.data))
        return Response(FetchReportSerializer(report.as_json()).data)


class StatisticsView(APIView):
    permission_classes = [MaySeeStatistics]

    @extend_schema(parameters=[StatisticsInput], responses=StatisticsSerializer)
    def get(self, request: Request) -> Response:
        """The rates of the last days, a point for each, and how the sources have answered."""
        stats = selectors.statistics(**_valid(StatisticsInput, request.query_params))
        return Response(StatisticsSerializer(stats).data)


class AlertListView(ListAPIView[ExchangeRateAlert]):
    """What staff should look at, newest first."""

    queryset = ExchangeRateAlert.objects.order_by("-id")
    serializer_class = AlertSerializer
    permission_classes: list[type[BasePermission]] = [MaySeeAlerts]
    filterset_class = AlertFilter


class AcknowledgeAlertView(APIView):
    permission_classes = [MayAcknowledgeAlerts]

    @extend_schema(request=AcknowledgeInput, responses=AlertSerializer)
    def post(self, request: Request, alert_id: UUID) -> Response:
        """Say that somebody has seen it; the first who says so stays written down."""
        params = _valid(AcknowledgeInput, request.data)
        alert = services.acknowledge_alert(alert_id=alert_id, actor=actor_of(request), **params)
        return Response(AlertSerializer(alert).data)


def _valid(form: type[serializers.Serializer[dict[str, Any]]], data: Any) -> dict[str, Any]:
    checked = form(data=data)
    checked.is_valid(raise_exception=True)
    return checked.validated_data
