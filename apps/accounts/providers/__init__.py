"""Companies outside that say who somebody is."""

from __future__ import annotations

from functools import cache

import httpx
from django.conf import settings

from apps.accounts.providers.google import GoogleSignIn
from apps.common.trust import trusted

TIMEOUT_SECONDS = 5.0


def google() -> GoogleSignIn:
    """One for the process, so that Google's keys are fetched as rarely as Google allows."""
    return _google(settings.GOOGLE_CERTS_URL, tuple(settings.GOOGLE_CLIENT_IDS))


@cache
def _google(certs_url: str, client_ids: tuple[str, ...]) -> GoogleSignIn:
    http = httpx.Client(verify=trusted(), timeout=TIMEOUT_SECONDS, follow_redirects=False)
    return GoogleSignIn(http=http, certs_url=certs_url, client_ids=client_ids)
