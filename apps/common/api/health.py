"""`/api/health/` for people and monitors, `live/` and `ready/` for whatever starts, stops and feeds the processes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from apps.common import health


class PartSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["up", "late", "down"])
    lag_seconds = serializers.IntegerField(allow_null=True, help_text="How long the oldest piece of work has waited.")


class HealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["up", "degraded", "down"], help_text="Degraded: served, but not all is well.")
    version = serializers.CharField()
    time = serializers.DateTimeField(allow_null=True, help_text="By the database's clock; null when it is down.")
    parts = serializers.DictField(child=PartSerializer())


class LiveSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["up"])


class InfoSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()
    currencies = serializers.ListField(child=serializers.CharField(), help_text="The first is the one of the prices.")
    languages = serializers.ListField(child=serializers.CharField())
    links = serializers.DictField(child=serializers.URLField())


class OpenView(APIView):
    """For everybody, and without a look at who asks."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[Any] = []


class HealthView(OpenView):
    @extend_schema(tags=["health"], responses={200: HealthSerializer, 503: HealthSerializer})
    def get(self, request: Request) -> Response:
        """Every part: database, cache, broker, and how far the outbox is behind."""
        return _answer(health.examine())


class ReadyView(OpenView):
    @extend_schema(tags=["health"], responses={200: HealthSerializer, 503: HealthSerializer})
    def get(self, request: Request) -> Response:
        """May requests be sent here? 503 when a part without which none can be served is down."""
        return _answer(health.examine(vital_only=True))


class LiveView(OpenView):
    @extend_schema(
        tags=["health"], responses=OpenApiResponse(LiveSerializer, "The process answers; nothing else was asked.")
    )
    def get(self, request: Request) -> Response:
        """Does this process answer at all? It asks no database and no cache."""
        return Response({"status": "up"})


class InfoView(OpenView):
    @extend_schema(tags=["health"], responses=InfoSerializer)
    def get(self, request: Request) -> Response:
        """What shop this is, and where its documents are."""
        return Response(
            {
                "name": settings.SHOP_NAME,
                "version": settings.VERSION,
                "currencies": [settings.BASE_CURRENCY, *settings.FX_CURRENCIES],
                "languages": [code for code, _ in settings.LANGUAGES],
                "links": {name: reverse(name, request=request) for name in ("docs", "redoc", "schema", "health")},
            }
        )


def _answer(report: health.Report) -> Response:
    body = {"version": settings.VERSION, **asdict(report)}
    return Response(body, status=503 if report.status == "down" else 200)
