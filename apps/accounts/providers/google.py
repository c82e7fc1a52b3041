"""Google's ID tokens. Source: https://developers.google.com/identity/gsi/web/guides/verify-google-id-token"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx
import jwt

from apps.accounts.exceptions import GoogleTokenNotValid, GoogleUnavailable

ISSUERS = ["accounts.google.com", "https://accounts.google.com"]
CLOCK_SKEW_SECONDS = 10
_RETRY_SECONDS = 60  # a token with an unknown key may ask for new keys once in that time
_MAX_AGE = re.compile(r"max-age=(\d+)")


@dataclass(frozen=True, slots=True)
class GooglePerson:
    """Who Google says it is. `subject` is the account's name for ever; the address may change hands.

    `is_authoritative`: Google itself runs the mailbox, so nobody else can read it.
    """

    subject: str
    email: str
    is_authoritative: bool
    first_name: str
    last_name: str
    expires_at: int


class GoogleSignIn:
    def __init__(self, *, http: httpx.Client, certs_url: str, client_ids: tuple[str, ...]) -> None:
        if not client_ids:
            raise ValueError("without client ids every token of Google's, for whatever shop, would be taken")
        self._http, self._certs_url, self._client_ids = http, certs_url, client_ids
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._stale_at = float("-inf")
        self._lock = threading.Lock()

    def verify(self, credential: str, *, nonce: str = "") -> GooglePerson:
        """Read an ID token that was made for us.

        Raises:
            GoogleTokenNotValid: it is forged, expired, for somebody else, or of an address that was never verified.
            GoogleUnavailable: Google's keys cannot be had now.
        """
        try:
            key = self._key(str(jwt.get_unverified_header(credential).get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                credential,
                key,
                algorithms=["RS256"],
                audience=self._client_ids,
                issuer=ISSUERS,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iat", "aud", "iss", "sub"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise GoogleTokenNotValid from error
        if claims.get("email_verified") is not True or not claims.get("email") or not 0 < len(claims["sub"]) <= 255:
            raise GoogleTokenNotValid
        if nonce and claims.get("nonce") != nonce:
            raise GoogleTokenNotValid
        email = str(claims["email"])
        return GooglePerson(
            subject=claims["sub"],
            email=email,
            is_authoritative=email.lower().endswith("@gmail.com") or bool(claims.get("hd")),
            first_name=str(claims.get("given_name", ""))[:80],
            last_name=str(claims.get("family_name", ""))[:80],
            expires_at=int(claims["exp"]),
        )

    def _key(self, kid: str) -> jwt.PyJWK:
        with self._lock:
            now = monotonic()
            if now >= self._stale_at or (kid not in self._keys and now >= self._fetched_at + _RETRY_SECONDS):
                self._fetch(now)
            if kid not in self._keys:
                raise GoogleTokenNotValid
            return self._keys[kid]

    def _fetch(self, now: float) -> None:
        try:
            answer = self._http.get(self._certs_url)
            answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
            raise GoogleUnavailable from error
        max_age = _MAX_AGE.search(answer.headers.get("cache-control", ""))
        self._keys = {str(key.key_id): key for key in keys}
        self._fetched_at = now
        self._stale_at = now + (int(max_age[1]) if max_age else 0)
