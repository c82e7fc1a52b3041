"""Refusals as RFC 9457 problems: the one place where they become HTTP. docs/problems.md lists every code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import exception_handler

from apps.common.api.refused import Refused
from apps.common.exceptions import (
    BadInput,
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    TooOften,
    Unauthenticated,
    Unavailable,
)
from apps.common.transactions import busy_behind

CONTENT_TYPE = "application/problem+json"
HTTP_STATUS: dict[type[DomainError], int] = {
    BadInput: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    TooOften: 429,
    Unavailable: 503,
}
NON_FIELD = "non_field_errors"

_FROM_DRF: list[tuple[type[Exception], str, str]] = [
    (drf.ParseError, "malformed-json", "The body is not valid JSON"),
    (drf.AuthenticationFailed, "authentication-failed", "The credentials are not valid"),
    (drf.NotAuthenticated, "authentication-required", "Sign in first"),
    (drf.PermissionDenied, "permission-denied", "This is not allowed to you"),
    (PermissionDenied, "permission-denied", "This is not allowed to you"),
    (Http404, "not-found", "Not found"),
    (drf.NotFound, "not-found", "Not found"),
    (drf.MethodNotAllowed, "method-not-allowed", "This address does not take that method"),
    (drf.NotAcceptable, "not-acceptable", "Answers are JSON"),
    (drf.UnsupportedMediaType, "unsupported-media-type", "Bodies are JSON"),
    (drf.Throttled, "too-many-requests", "Too many requests"),
]


def problem_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn every refusal into application/problem+json. None means a bug: Django logs it and answers 500."""
    if isinstance(exc, Refused):
        exc = exc.refusal
    exc = busy_behind(exc) or exc
    if isinstance(exc, DomainError):
        return _from_domain(exc)
    if isinstance(exc, RequestDataTooBig):
        return _problem(413, "body-too-large", "The body is too large", "Send less at once.", {})
    response = exception_handler(exc, context)
    return None if response is None else _from_drf(exc, response)


def _from_domain(exc: DomainError) -> Response:
    status = next(code for kind, code in HTTP_STATUS.items() if isinstance(exc, kind))
    body: dict[str, Any] = dict(exc.extra)
    if exc.errors:
        body |= {"errors": exc.errors, "error_codes": {field: [exc.code] for field in exc.errors}}
    response = _problem(status, exc.code, exc.title, exc.detail, body)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    retry_after = getattr(exc, "retry_after_seconds", None)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def _from_drf(exc: Exception, response: Response) -> Response:
    if isinstance(exc, drf.ValidationError):
        problem = _problem(
            400,
            "invalid-input",
            "Some fields are not right",
            "Look at `errors`: it says for each field what to change.",
            {"errors": _messages(exc.detail), "error_codes": _codes(exc.get_codes())},
        )
    else:
        code, title = next(
            ((c, t) for kind, c, t in _FROM_DRF if isinstance(exc, kind)), ("request-refused", "Refused")
        )
        problem = _problem(response.status_code, code, title, _detail(exc, title), {})
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in response:
            problem[name] = response[name]
    return problem


def _problem(status: int, code: str, title: str, detail: str, extra: Mapping[str, Any]) -> Response:
    body = {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail, "code": code, **extra}
    return Response(body, status=status, content_type=CONTENT_TYPE)


def _detail(exc: Exception, fallback: str) -> str:
    detail = getattr(exc, "detail", None)
    if isinstance(detail, Mapping):  # simplejwt answers with a mapping
        detail = detail.get("detail")
    return str(detail) if detail else f"{fallback}."


def _messages(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    return _flatten(detail, prefix)


def _codes(codes: Any, prefix: str = "") -> dict[str, list[str]]:
    return _flatten(codes, prefix)


def _flatten(value: Any, prefix: str) -> dict[str, list[str]]:
    """Nested errors by dotted field: {"shipping_address": {"city": [..]}} becomes {"shipping_address.city": [..]}."""
    if isinstance(value, Mapping):
        flat: dict[str, list[str]] = {}
        for key, inner in value.items():
            flat |= _flatten(inner, f"{prefix}.{key}" if prefix else str(key))
        return flat
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        flat = {}
        for index, inner in enumerate(value):
            if inner:
                flat |= _flatten(inner, f"{prefix}.{index}" if prefix else str(index))
        return flat
    return {prefix or NON_FIELD: [str(item) for item in value] if isinstance(value, list) else [str(value)]}


def plain_problem(status: int, code: str, title: str, detail: str) -> HttpResponse:
    """The same shape outside DRF: for Django's own 404 and 500 pages and for plain views."""

    body = {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail, "code": code}
    return HttpResponse(orjson.dumps(body), status=status, content_type=CONTENT_TYPE)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain_problem(404, "not-found", "Not found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    return plain_problem(
        500, "internal-error", "Something broke on our side", "It is in our log. Please try again; quote X-Request-Id."
    )
