"""The API's hourly limits: API_LIMITS for guests, signed-in people, staff, and for looking at catalogue and rates."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.common import limits
from apps.common.api.callers import client_address
from apps.common.limits import Count, Counters, Limit

HOUR_SECONDS = 3600
_SHOP_WINDOW = {"catalogue", "rates"}


class HourlyLimit(BaseThrottle):
    """Counts a request in its bucket: the one that the view names as `limit_bucket`, or that of the caller's kind.

    A bucket that API_LIMITS does not name, or names with 0, has no limit and is not counted.
    """

    count: Count | None = None

    def allow_request(self, request: Request, view: Any) -> bool:  # DRF has no APIView yet when it asks for us
        self.count = getattr(request._request, "rate_limit", None)
        if self.count is not None:  # by `count_request`
            return not self.count.is_exceeded
        bucket = getattr(view, "limit_bucket", None) or _kind_of_caller(request)
        most = settings.API_LIMITS.get(bucket, 0)
        if not most:
            return True
        key = f"api:{bucket}:{_name_of_caller(request)}"
        self.count = _counters(bucket).add(key, Limit(most, HOUR_SECONDS))
        request._request.rate_limit = self.count  # type: ignore[attr-defined]  # RateLimitMiddleware tells of it
        return not self.count.is_exceeded

    def wait(self) -> float | None:
        return None if self.count is None else self.count.seconds_left


def count_request(request: HttpRequest, bucket: str) -> Count | None:
    """Count a stranger's request before any view sees it; the view's limit then goes by this count."""
    most = settings.API_LIMITS.get(bucket, 0)
    if not most:
        return None
    count = _counters(bucket).add(f"api:{bucket}:address:{client_address(request)}", Limit(most, HOUR_SECONDS))
    request.rate_limit = count  # type: ignore[attr-defined]
    return count


def _counters(bucket: str) -> Counters:
    """Looking at the shop window is asked for more than all else and must cost nothing, where there is no Redis."""
    return limits.in_memory if bucket in _SHOP_WINDOW and not settings.COUNT_IN_REDIS else limits.shared()


def _kind_of_caller(request: Request) -> str:
    if not request.user.is_authenticated:
        return "anonymous"
    return "staff" if getattr(request.user, "is_staff", False) else "user"


def _name_of_caller(request: Request) -> str:
    return f"user:{request.user.pk}" if request.user.is_authenticated else f"address:{client_address(request)}"
