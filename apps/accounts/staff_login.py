"""On its own, because the admin site asks for its login form before it is there for any screen to register with."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.forms import AuthenticationForm

from apps.accounts import services
from apps.common.api.callers import client_address
from apps.common.exceptions import DomainError


def device_of(request: HttpRequest) -> services.Device:
    user_agent = request.headers.get("User-Agent", "").replace("\0", "")
    return services.Device(user_agent[:300], client_address(request))


class LoginForm(AuthenticationForm):
    """The staff's way in, under the same limits and into the same log as everybody's."""

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = self.cleaned_data
        email, password = answers.get("username"), answers.get("password")
        if email and password:
            try:
                self.user_cache = services.log_in(email=email, password=password, device=device_of(self.request))
            except DomainError as refusal:
                raise ValidationError(refusal.detail, code=refusal.code) from refusal
            self.confirm_login_allowed(self.user_cache)
        return answers
