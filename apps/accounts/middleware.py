"""No page of the admin for staff who owe us their second factor."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

_ALWAYS_OPEN = {"login", "logout", "jsi18n"}
_PROOF = "second_factor"  # in the session: when, and of which setting up


class SecondFactorMiddleware:
    """Leads staff to the page that asks for the second factor, or to the one that sets it up where all must have one.

    Once in a session is enough, but for SECOND_FACTOR_PAGES and for what makes people staff.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.app_name != "admin" or match.url_name in _ALWAYS_OPEN:
            return None
        user: Any = request.user
        if not (user.is_authenticated and user.is_staff):
            return None  # the admin's own login deals with them
        if user.second_factor_at is None:
            return HttpResponseRedirect(reverse("second-factor-set-up")) if settings.STAFF_SECOND_FACTOR else None
        is_enough = is_fresh if _wants_a_fresh_one(user, match.url_name or "") else is_proved
        return None if is_enough(request) else lead_to_question(request)


def mark_proved(request: HttpRequest, user: Any) -> None:
    """Remember in the session that the second factor came just now."""
    request.session[_PROOF] = [user.second_factor_at.isoformat(), time.time()]


def is_proved(request: HttpRequest) -> bool:
    """Whether it came in this session."""
    return _age_seconds(request) is not None


def is_fresh(request: HttpRequest) -> bool:
    """Whether it came in the last STEP_UP_MINUTES."""
    age = _age_seconds(request)
    return age is not None and age < settings.STEP_UP_MINUTES * 60


def ask_for_a_fresh_one(request: HttpRequest) -> HttpResponse | None:
    """Leads staff who have a second factor to the question, unless it came in the last STEP_UP_MINUTES."""
    user: Any = request.user
    if user.second_factor_at is None or is_fresh(request):
        return None
    messages.warning(request, "This wants a fresh code of your app; then fill in the page once more.")
    return lead_to_question(request)


def lead_to_question(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path() if request.method == "GET" else request.path
    return HttpResponseRedirect(f"{reverse('second-factor')}?{urlencode({'next': back})}")


def _age_seconds(request: HttpRequest) -> float | None:
    user: Any = request.user
    since, proved_at = request.session.get(_PROOF) or ("", 0.0)
    if user.second_factor_at is None or since != user.second_factor_at.isoformat():
        return None
    return time.time() - float(proved_at)


def _wants_a_fresh_one(user: Any, page: str) -> bool:
    makes_staff = user.is_superuser and page.startswith("accounts_user_") and page != "accounts_user_changelist"
    return makes_staff or page.startswith(settings.SECOND_FACTOR_PAGES)
