"""The pages that ask staff for the second factor, and set it up."""

from __future__ import annotations

from typing import Any, cast

import segno
from django import forms
from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.accounts import services
from apps.accounts.middleware import is_fresh, lead_to_question, mark_proved
from apps.accounts.models import User
from apps.accounts.staff_login import device_of
from apps.common.exceptions import DomainError

_KEY = "second_factor_key"  # in the session until the app has shown that it knows it


class CodeForm(forms.Form):
    otp = forms.CharField(
        label="Code",
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


def ask(request: HttpRequest) -> HttpResponse:
    """Take the six digits, or a recovery code, and lead back to where the person was going."""
    user = cast(User, request.user)
    if user.second_factor_at is None:
        return HttpResponseRedirect(reverse("admin:index"))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            services.check_second_factor(user=user, otp=form.cleaned_data["otp"], device=device_of(request))
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
        else:
            request.session.cycle_key()
            mark_proved(request, user)
            return HttpResponseRedirect(_next(request))
    return _page(request, "accounts/second_factor.html", form=form, next=_next(request), title="Second factor")


def set_up(request: HttpRequest) -> HttpResponse:
    """Show an app its secret; once it has shown a code of it, the recovery codes, this one time."""
    user = cast(User, request.user)
    if user.second_factor_at is not None and not is_fresh(request):
        return lead_to_question(request)
    key = request.session.setdefault(_KEY, services.new_key())
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            codes = services.set_up_second_factor(user=user, key=key, otp=form.cleaned_data["otp"])
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
        else:
            del request.session[_KEY]
            update_session_auth_hash(request, user)
            mark_proved(request, user)
            return _page(request, "accounts/recovery_codes.html", codes=codes, title="Recovery codes")
    address = services.app_address(user=user, key=key)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=3, light="white")
    secret = address.partition("secret=")[2].partition("&")[0]
    shown = {"picture": picture, "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))}
    return _page(request, "accounts/second_factor_set_up.html", form=form, title="Set up your second factor", **shown)


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


def _next(request: HttpRequest) -> str:
    """A page of the admin, whatever the address says."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    home = reverse("admin:index")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith(home)
    return wanted if is_ours else home


urlpatterns = [
    path("", admin.site.admin_view(ask), name="second-factor"),
    path("set-up/", admin.site.admin_view(set_up), name="second-factor-set-up"),
]
