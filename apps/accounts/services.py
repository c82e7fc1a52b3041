"""Register, prove who one is, hand out tokens and take them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict, Unpack

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from apps.accounts.events import UserRegistered
from apps.accounts.exceptions import AccountNotActive, EmailTaken, InvalidCredentials, PasswordRefused
from apps.accounts.models import User, normalise_email
from apps.outbox import services as outbox


class Profile(TypedDict, total=False):
    """What people may say and change about themselves."""

    first_name: str
    last_name: str
    phone: str
    language: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """A short-lived access token, and the single-use refresh token that brings the next pair."""

    access: str
    refresh: str


def register_user(*, email: str, password: str, **profile: Unpack[Profile]) -> User:
    """Create a customer and announce it.

    Raises:
        PasswordRefused: the password does not pass the validators of the settings.
        EmailTaken: somebody has that address, in whatever capitals.
    """
    user = User(email=normalise_email(email), **profile)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordRefused(error.messages) from error
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            outbox.publish(UserRegistered(user_id=user.pk))
    except IntegrityError as error:
        raise EmailTaken from error
    return user


def check_credentials(*, email: str, password: str) -> User:
    """Return the user whose address and password these are; unknown addresses take as long as wrong passwords.

    Raises:
        InvalidCredentials: one of the two is wrong; which one is not told.
        AccountNotActive: both are right, but the account is closed.
    """
    user = User.objects.filter(email=normalise_email(email)).first()
    if user is None:
        User().set_password(password)  # the work that a known address costs
        raise InvalidCredentials
    if not user.check_password(password):
        raise InvalidCredentials
    if not user.is_active:
        raise AccountNotActive
    return user


def issue_tokens(*, user: User) -> Tokens:
    """Make a new pair for somebody who has proved who he is."""
    refresh = RefreshToken.for_user(user)
    return Tokens(access=str(refresh.access_token), refresh=str(refresh))


@transaction.atomic
def refresh_tokens(*, refresh: str) -> Tokens:
    """Spend a refresh token for a new pair; of two who bring the same token one gets it.

    Raises:
        TokenError: it is forged, expired or spent, or its user is gone.
    """
    token = _read(refresh)
    known = OutstandingToken.objects.select_related("user").filter(jti=token["jti"], user__is_active=True).first()
    if known is None or known.user is None:
        raise TokenError("Token is invalid")
    _, is_first = BlacklistedToken.objects.get_or_create(token=known)
    if not is_first:
        raise TokenError("Token is blacklisted")
    return issue_tokens(user=known.user)


def revoke_refresh_token(*, refresh: str) -> None:
    """End a refresh token; one that is dead already stays dead."""
    try:
        _read(refresh).blacklist()
    except TokenError:
        return


def update_profile(*, user: User, **profile: Unpack[Profile]) -> User:
    """Change what the user may change about himself; what is not named stays."""
    User.objects.filter(pk=user.pk).update(**profile, updated_at=Now())
    user.refresh_from_db()
    return user


def _read(refresh: str) -> RefreshToken:
    return RefreshToken(refresh)  # type: ignore[arg-type]  # its signature says Token, its code wants a string
