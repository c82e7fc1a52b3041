"""How often somebody may report a payment: six digits of a reference can be guessed."""

from __future__ import annotations

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.common import limits
from apps.common.api.callers import caller_of, client_address
from apps.common.limits import Count, Limit

HOUR_SECONDS = 3600


class ReportsPerHour(BaseThrottle):
    """So many for a person or a guest's order, and so many for an address."""

    counts: tuple[Count, ...] = ()

    def allow_request(self, request: Request, view: APIView) -> bool:
        by_caller = Limit(settings.PAGO_MOVIL_REPORTS_PER_HOUR, HOUR_SECONDS)
        by_address = Limit(settings.PAGO_MOVIL_REPORTS_PER_HOUR_ADDRESS, HOUR_SECONDS)
        self.counts = (
            limits.shared().add(f"pago-movil:{caller_of(request)}", by_caller),
            limits.shared().add(f"pago-movil:{client_address(request)}", by_address),
        )
        return not any(count.is_exceeded for count in self.counts)

    def wait(self) -> float | None:
        return max((count.seconds_left for count in self.counts if count.is_exceeded), default=None)
