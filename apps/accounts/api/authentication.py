"""Who a request's access token speaks for."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken, Token

from apps.accounts import services
from apps.accounts.exceptions import TokenExpired, TokenNotValid
from apps.accounts.models import User
from apps.common.api.refused import Refused
from apps.common.exceptions import Unauthenticated


class SessionAwareJWTAuthentication(JWTAuthentication):
    """A token speaks for a person only while its signature, type, expiry, session and user all hold.

    The refusals differ in what helps: `token-expired` asks for one refresh, the others for a new login.
    """

    def get_validated_token(self, raw_token: bytes) -> Token:
        try:
            token = _verified(raw_token)
        except ExpiredTokenError as error:
            raise Refused(TokenExpired()) from error
        except TokenError as error:
            raise Refused(TokenNotValid()) from error
        if token["exp"] <= time.time():
            raise Refused(TokenExpired())
        return token

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]  # ours is one of theirs
        try:
            ids = {"session_id": UUID(validated_token["sid"]), "user_id": UUID(validated_token["sub"])}
        except (KeyError, ValueError, AttributeError, TypeError) as error:
            raise Refused(TokenNotValid()) from error
        try:
            return services.find_person(**ids)
        except Unauthenticated as refusal:
            raise Refused(refusal) from refusal


@lru_cache(maxsize=2048)
def _verified(raw_token: bytes) -> Token:
    """A token whose signature and type hold, which no later moment changes; whether it has expired one asks each time.

    What is refused is not remembered, and the key is this process's for life.
    """
    return AccessToken(raw_token)  # type: ignore[arg-type]  # its signature says Token, its code wants a string


def session_of(request: Request) -> UUID | None:
    """The id of the session that a request was made in; None when it was authenticated in another way."""
    token: Any = request.auth
    return UUID(token["sid"]) if isinstance(token, Token) else None
