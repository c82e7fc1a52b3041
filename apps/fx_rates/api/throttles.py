"""How often one address may ask for rates."""

from __future__ import annotations

from time import time

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.common.api.callers import client_address

HOUR_SECONDS = 3600


class PublicRates(BaseThrottle):
    """FX_READS_PER_HOUR for each address, counted by one atomic step per request, so that no burst slips through."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = f"fx-reads:{client_address(request)}:{int(time()) // HOUR_SECONDS}"
        cache.add(key, 0, HOUR_SECONDS)
        try:
            count: int | None = cache.incr(key)
        except ValueError:  # it was dropped between the two steps: a new count begins
            count = None
        return count is None or count <= settings.FX_READS_PER_HOUR  # without a cache nobody counts

    def wait(self) -> float:
        return HOUR_SECONDS - time() % HOUR_SECONDS
