"""What every request passes through."""

import re
from collections.abc import Awaitable, Callable

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from apps.common.ids import new_id
from apps.common.limits import Count
from apps.common.logs import request_id

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Takes the proxy's `X-Request-Id` or makes one, puts it on log lines, and answers with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-Id", "")
        token = request_id.set(offered if _ACCEPTABLE.fullmatch(offered) else new_id().hex)
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            return response
        finally:
            request_id.reset(token)


class SecurityHeadersMiddleware:
    """Tells browsers what our answers may load, and caches that only what says so may be kept.

    Views that know better set the header themselves. What Django has settings for, its own middleware sends.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policies = settings.CONTENT_SECURITY_POLICIES.items()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", self._policy(request.path))
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.setdefault("Cache-Control", "no-store")
        return response

    def _policy(self, path: str) -> str:
        found = (policy for start, policy in self.policies if path.startswith(start))
        return next(found, settings.CONTENT_SECURITY_POLICY)


class RateLimitMiddleware:
    """Tells the caller where the count stands that his request was put to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        count: Count | None = getattr(request, "rate_limit", None)
        if count is not None:
            response["X-RateLimit-Limit"] = str(count.limit.most)
            response["X-RateLimit-Remaining"] = str(count.remaining)
            response["X-RateLimit-Reset"] = str(count.seconds_left)
        return response


class _OfTheAdmin(MiddlewareMixin):
    """Mixed into a middleware of Django's that only the admin's pages need; other requests pass it by.

    The API looks at no cookie, so that none can be stolen from it, and is answered in a fifth less of Django's time.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        answer = super().__call__ if request.path_info.startswith("/admin/") else self.get_response
        return answer(request)


class AdminSessionMiddleware(_OfTheAdmin, SessionMiddleware):
    pass


class AdminAuthenticationMiddleware(_OfTheAdmin, AuthenticationMiddleware):
    pass


class AdminMessageMiddleware(_OfTheAdmin, MessageMiddleware):
    pass


class AdminTimeZoneMiddleware:
    """Staff read and write times as the shop's clock shows them; everybody else gets UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/admin/"):
            return self.get_response(request)
        with timezone.override(settings.SHOP_TIME_ZONE):
            return self.get_response(request)
