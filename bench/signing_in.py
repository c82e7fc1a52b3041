"""What it costs to know who asks: a token on every request, and a password once."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import services
from apps.accounts.models import User
from bench.report import Target
from bench.scenarios import Call, Scenario, post

KNOWN, ANYBODY, HASH = "/bench/known/", "/bench/anybody/", "/bench/hash/"
PEOPLE = 64  # who log in, in turn
PASSWORD = "a-long-password-of-the-bench"  # noqa: S105  nobody's


class Greeting(APIView):
    """The same answer for somebody with a token and for anybody."""

    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        return Response({"known": request.user.is_authenticated})


def hash_once(request: HttpRequest) -> HttpResponse:
    """The floor of a login: the hash of one password, and nothing else."""
    return HttpResponse(b"{}" if check_password(PASSWORD, _hashed()) else b"", content_type="application/json")


def scenarios() -> list[Scenario]:
    return [
        Scenario("token", "200", KNOWN, ANYBODY, _greet, Target(1.5, 1500, 1.5, milliseconds_more=0.3)),
        Scenario("login", "200", "/api/v1/auth/login/", HASH, _log_in, Target(120, 15, 1.5)),
    ]


def _greet(count: int, path: str) -> list[Call]:
    return [Call("GET", path, headers=(("Authorization", f"Bearer {_token()}"),) if path == KNOWN else ())]


@cache
def _token() -> str:
    person, _ = User.objects.get_or_create(email="known@bench.test", defaults={"is_active": True})
    return services.open_session(user=person, device=services.Device("Bench", "127.0.0.1")).access


def _log_in(count: int, path: str) -> list[Call]:
    if path == HASH:
        return [Call("GET", path)]
    return [post(path, {"email": email, "password": PASSWORD}) for email in _people()]


@cache
def _people() -> list[str]:
    emails = [f"person{number}@bench.test" for number in range(PEOPLE)]
    facts: dict[str, Any] = {"password": _hashed(), "is_active": True}
    User.objects.bulk_create([User(email=email, **facts) for email in emails], ignore_conflicts=True)
    return emails


@cache
def _hashed() -> str:
    return make_password(PASSWORD)
