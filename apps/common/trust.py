"""Whose certificates we believe when we call companies outside."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """Those whom this machine trusts; read once for a process, since to read them takes longer than most calls do."""
    return httpx.create_ssl_context()
