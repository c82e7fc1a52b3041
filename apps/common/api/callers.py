"""Who asks: a person by token, or a guest by what he holds."""

import hashlib

from rest_framework.request import Request


def caller_of(request: Request) -> str:
    """The owner of an idempotency key: the user; else the guest's cart or order token (hashed); else the address."""
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    token = request.headers.get("X-Cart-Token") or request.headers.get("X-Order-Token")
    if token:
        return f"guest:{hashlib.sha256(token.encode()).hexdigest()[:40]}"
    return f"address:{request.META.get('REMOTE_ADDR', '')}"


def actor_of(request: Request) -> str:
    """How a history names who did it."""
    return f"staff:{request.user.pk}" if getattr(request.user, "is_staff", False) else "customer"
