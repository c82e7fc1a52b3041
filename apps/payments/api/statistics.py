"""How payments go: for staff who watch over them."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.payments import selectors
from apps.payments.api.permissions import MaySeeFigures
from apps.payments.api.serializers import FiguresQuery, PaymentStatisticsSerializer


class PaymentStatisticsView(APIView):
    permission_classes = [MaySeeFigures]

    @extend_schema(parameters=[FiguresQuery], responses=PaymentStatisticsSerializer)
    def get(self, request: Request) -> Response:
        """Staff: what succeeded and failed of the payments of the last days, and how long customers took to pay."""
        query = FiguresQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        days = query.validated_data["days"]
        figures = selectors.payment_figures(days=days)
        shown = {
            "days": days,
            "providers": [one for one in figures if one.day is None],
            "by_day": [one for one in figures if one.day is not None],
        }
        return Response(PaymentStatisticsSerializer(shown).data)
