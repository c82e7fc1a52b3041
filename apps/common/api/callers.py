"""Who asks: a person by token, or a guest by what he holds; and from where."""

import hashlib
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request


def client_address(request: Request | HttpRequest) -> str:
    """The address that the request came from: the peer's, or what a proxy of ours (TRUSTED_PROXIES) says of it.

    `X-Forwarded-For` is read from its end, as each of our proxies has added to it; the first address that is not one
    of ours is the client's, and whatever stands before it the client may have invented.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    claims = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    while claims and _is_our_proxy(address):
        claim = claims.pop().strip()
        if not _is_address(claim):
            break
        address = claim
    return address


def _is_our_proxy(address: str) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in settings.TRUSTED_PROXIES)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def caller_of(request: Request) -> str:
    """The owner of an idempotency key: the user; else the guest's cart or order token (hashed); else the address."""
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    token = request.headers.get("X-Cart-Token") or request.headers.get("X-Order-Token")
    if token:
        return f"guest:{hashlib.sha256(token.encode()).hexdigest()[:40]}"
    return f"address:{client_address(request)}"


def actor_of(request: Request) -> str:
    """How a history names who did it."""
    return f"staff:{request.user.pk}" if getattr(request.user, "is_staff", False) else "customer"
