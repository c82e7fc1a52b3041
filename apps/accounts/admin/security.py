"""Who tries to get in, who is in, and the buttons that put an end to it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from apps.accounts import selectors, services
from apps.accounts.admin.people import may_touch
from apps.accounts.exceptions import TooManyAttempts
from apps.accounts.models import EndReason, SecurityAttempt, UserSession
from apps.accounts.selectors import AttemptsOfDay
from apps.common.admin import Button, ButtonsMixin, Press, ReadOnlyAdmin, Refusal

CHART_DAYS = 14
OUTCOME_COLOURS = {"ok": "success", "locked": "danger", "refused": "warning"}


def _lift(attempt: SecurityAttempt, press: Press) -> str:
    services.lift_lockout(attempt=attempt)
    return f"{attempt.ip_address} may try again."


@admin.register(SecurityAttempt)
class AttemptAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["created_at", "kind", "email", "ip_address", "outcome", "user_agent"]
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        ("is_success", BooleanRadioFilter),
        ("created_at", RangeDateTimeFilter),
        "reason",
    ]
    list_filter_submit = True
    list_before_template = "accounts/attempts_chart.html"
    list_select_related = ["user"]
    search_fields = ["email", "ip_address", "user_agent"]
    ordering = ["-pk"]
    buttons = [
        Button(
            name="lift",
            label="Let in again",
            icon="lock_open",
            permission="accounts.change_securityattempt",
            explains="What was counted against this address is forgotten, so that it may try again at once.",
            offered=lambda attempt: attempt.reason == TooManyAttempts.code,
            run=_lift,
        )
    ]

    @display(
        description="Outcome", ordering="reason", label={"ok": "success", "locked": "danger", "refused": "warning"}
    )
    def outcome(self, attempt: SecurityAttempt) -> tuple[str, str]:
        if attempt.is_success:
            return "ok", "Let in"
        return ("locked", "Locked out") if attempt.reason == TooManyAttempts.code else ("refused", attempt.reason)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        days = selectors.attempts_by_day(days=CHART_DAYS)
        return super().changelist_view(request, {**(extra_context or {}), "attempts_chart": _chart(days)})


def _chart(days: list[AttemptsOfDay]) -> dict[str, str]:
    lines = {
        "Let in": ([day.successes for day in days], "var(--color-green-600)"),
        "Refused": ([day.refusals for day in days], "var(--color-orange-500)"),
        "Lockouts": ([day.lockouts for day in days], "var(--color-red-600)"),
    }
    datasets = [{"label": label, "data": data, "backgroundColor": colour} for label, (data, colour) in lines.items()]
    labels = [f"{day.date:%d %b}" for day in days]
    totals = [f"{label}: {sum(data)}" for label, (data, _) in lines.items()]
    return {
        "title": f"Attempts of the last {CHART_DAYS} days",
        "summary": ", ".join(totals),
        "data": json.dumps({"labels": labels, "datasets": datasets}),
    }


def _sign_out(session: UserSession, press: Press) -> str:
    if not may_touch(press.user, session.user):
        raise Refusal("Only a superuser signs a colleague out.")
    services.end_sessions(UserSession.objects.filter(pk=session.pk), reason=EndReason.SIGNED_OUT_REMOTELY)
    return f"{session.user} is signed out there."


@admin.register(UserSession)
class SessionAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["user", "state", "ip_address", "user_agent", "created_at", "last_activity_at"]
    list_filter = [("end_reason", ChoicesDropdownFilter), ("created_at", RangeDateTimeFilter)]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = ["user__email", "ip_address", "user_agent"]
    ordering = ["-pk"]
    fields = [
        ("user", "ip_address"),
        "user_agent",
        ("created_at", "last_activity_at"),
        ("expires_at", "ended_at", "end_reason"),
    ]
    buttons = [
        Button(
            name="sign-out",
            label="Sign out",
            icon="logout",
            variant=ActionVariant.DANGER,
            permission="accounts.change_usersession",
            explains="This device is refused from its next request on.",
            offered=lambda session: session.is_live(timezone.now()),
            run=_sign_out,
        )
    ]

    @display(description="State", label={"live": "success", "over": ""})
    def state(self, session: UserSession) -> tuple[str, str]:
        if session.is_live(timezone.now()):
            return "live", "Live"
        return "over", session.get_end_reason_display() or "Expired"
