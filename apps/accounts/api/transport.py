"""How tokens travel: in the body, or the refresh token in a cookie that scripts cannot read.

A storefront asks for the cookie by `X-Token-Transport: cookie`. Other sites' pages can send the cookie along but not
that header: the browser asks us first whether they may (CORS), and their origin is looked at here once more.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.settings import api_settings

from apps.accounts import services
from apps.accounts.api.serializers import RefreshInput

COOKIE, COOKIE_PATH = "refresh", "/api/v1/auth/"
TRANSPORT_HEADER = OpenApiParameter(
    "X-Token-Transport",
    str,
    OpenApiParameter.HEADER,
    enum=["body", "cookie"],
    description="`cookie`: the refresh token comes and goes in an HttpOnly cookie, not in the body.",
)


def answer(request: Request, tokens: services.Tokens, *, status: int = 200, **more: Any) -> Response:
    """A response with the tokens by the way that the request asks for."""
    if not _wants_cookie(request):
        return Response({"access": tokens.access, "refresh": tokens.refresh, **more}, status=status)
    response = Response({"access": tokens.access, **more}, status=status)
    response.set_cookie(
        COOKIE,
        tokens.refresh,
        max_age=int(api_settings.REFRESH_TOKEN_LIFETIME.total_seconds()),
        path=COOKIE_PATH,
        httponly=True,
        secure=settings.REFRESH_COOKIE_SECURE,
        samesite=settings.REFRESH_COOKIE_SAMESITE,
    )
    return response


def refresh_token_of(request: Request) -> str:
    """The refresh token from the body, or from the cookie where the request asks for that.

    Raises:
        ValidationError: there is none.
        PermissionDenied: a page of another site tries to use the cookie.
    """
    params = RefreshInput(data=request.data)
    params.is_valid(raise_exception=True)
    token = params.validated_data.get("refresh") or (_from_cookie(request) if _wants_cookie(request) else "")
    if not token:
        raise ValidationError({"refresh": ["This field is required."]}, code="required")
    return str(token)


def forget(response: Response) -> Response:
    """Have the browser drop the cookie."""
    response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite=settings.REFRESH_COOKIE_SAMESITE)
    return response


def _wants_cookie(request: Request) -> bool:
    return bool(request.headers.get("X-Token-Transport") == "cookie")


def _from_cookie(request: Request) -> str:
    origin = request.headers.get("Origin", "")
    if origin and origin not in settings.CORS_ALLOWED_ORIGINS and urlsplit(origin).netloc != request.get_host():
        raise PermissionDenied("Pages of that site may not use the cookie.")
    return str(request.COOKIES.get(COOKIE, ""))
