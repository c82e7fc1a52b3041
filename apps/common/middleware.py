"""What every request passes through."""

import re
import zlib
from collections.abc import Awaitable, Callable

from corsheaders.middleware import CorsMiddleware as CrossOrigin
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

from apps.common.ids import new_id
from apps.common.limits import Count
from apps.common.logs import request_id

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id_for(request: HttpRequest) -> str:
    """What the proxy calls this request, or a new name for it."""
    offered = request.META.get("HTTP_X_REQUEST_ID", "")
    return offered if _ACCEPTABLE.fullmatch(offered) else new_id().hex


class RequestIdMiddleware:
    """Takes the proxy's `X-Request-Id` or makes one, puts it on log lines, and answers with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.set(request_id_for(request))
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            return response
        finally:
            request_id.reset(token)


class CompressionMiddleware:
    """Sends the API's answers packed to who takes them so: a list of products in a sixth of its bytes.

    Only answers to GET: they carry no secret beside words that a stranger could have chosen for a guess at it (BREACH),
    for no browser signs in to them by itself. A strong ETag names the very bytes, so an answer with one is left alone.
    """

    smallest = 1000  # below that nothing is gained on the way
    level = 3  # a quarter larger than at 6, for half of the time

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "GET" and self._is_worth_it(response):
            patch_vary_headers(response, ["Accept-Encoding"])
            if "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
                packer = zlib.compressobj(self.level, zlib.DEFLATED, wbits=31)  # 31: with gzip's head and tail
                response.content = packer.compress(response.content) + packer.flush()
                response["Content-Encoding"] = "gzip"
                response["Content-Length"] = str(len(response.content))
        return response

    def _is_worth_it(self, response: HttpResponse) -> bool:
        return (
            not response.streaming
            and "json" in response.get("Content-Type", "")
            and len(response.content) >= self.smallest
            and "Content-Encoding" not in response
            and not response.get("ETag", "").startswith('"')
        )


class CorsMiddleware(CrossOrigin):
    """Says at once that others would be answered differently to who comes from no other origin: apps, servers, tests.

    Everybody else is answered as the library does it. Its look through the request's headers took a twentieth of the
    time of a list.
    """

    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if "HTTP_ORIGIN" in request.META:
            return super().add_response_headers(request, response)
        if getattr(request, "_cors_enabled", False):
            patch_vary_headers(response, ("origin",))
        return response


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
            tell_count(response, count)
        return response


def tell_count(response: HttpResponse, count: Count) -> None:
    response["X-RateLimit-Limit"] = str(count.limit.most)
    response["X-RateLimit-Remaining"] = str(count.remaining)
    response["X-RateLimit-Reset"] = str(count.seconds_left)


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
