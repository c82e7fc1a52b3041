"""Attempts to get in: limited before they are judged, and logged with what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from apps.accounts.exceptions import InvalidCredentials, TooManyAttempts
from apps.accounts.models import AttemptKind, SecurityAttempt, User
from apps.accounts.services.sessions import Device
from apps.common.exceptions import DomainError
from apps.common.limits import Limit, in_postgres

_WORDS = {
    AttemptKind.LOGIN: "failed login",
    AttemptKind.REGISTRATION: "registration",
    AttemptKind.VERIFICATION: "verification",
    AttemptKind.PASSWORD_RESET: "verification",
    AttemptKind.PASSWORD_CHANGE: "failed login",
    AttemptKind.GOOGLE: "login",
    AttemptKind.STEP_UP: "verification",
    AttemptKind.EMAIL_CHANGE: "verification",
    AttemptKind.SECOND_FACTOR: "verification",
    AttemptKind.DATA_EXPORT: "download",
}


@contextmanager
def guarded_by_password(kind: AttemptKind, *, email: str, device: Device) -> Iterator[None]:
    """Within it a password is checked. Each attempt is counted before the check, so that no burst gets more of them.

    Counted are the failures of an address, and those of an address for one account: a stranger elsewhere locks nobody
    out. What succeeds does not count, and clears the account's own failures.

    Raises:
        TooManyAttempts: a limit is reached; nothing may be checked.
    """
    at_account, at_address = f"login-user:{email}:{device.address}", f"login-ip:{device.address}"
    _count(kind, at_account, "login_user", email=email, device=device)
    try:
        _count(kind, at_address, "login_ip", email=email, device=device)
    except TooManyAttempts:
        in_postgres.take_back(at_account)
        raise
    try:
        yield
    except InvalidCredentials as refusal:
        record(kind, email=email, device=device, reason=refusal.code)
        raise
    except DomainError as refusal:  # the password was right
        record(kind, email=email, device=device, reason=refusal.code)
        _forgive(at_account, at_address)
        raise
    _forgive(at_account, at_address)


@contextmanager
def counted(
    kind: AttemptKind, limit: str, *, device: Device, email: str = "", whose: str = "", phone: str = ""
) -> Iterator[None]:
    """Within it something is tried that one address, or whoever `whose` names, may not try often, whatever comes of it.

    What goes to a `phone` is counted for that number too, whoever asks, under the limit `<limit>_phone`.

    Raises:
        TooManyAttempts: the limit is reached; nothing may be tried.
    """
    _count(kind, f"{limit}:{whose or device.address}", limit, email=email, device=device)
    if phone:
        _count(kind, f"{limit}_phone:{phone}", f"{limit}_phone", email=email, device=device)
    try:
        yield
    except DomainError as refusal:
        record(kind, email=email, device=device, reason=refusal.code)
        raise


def record(kind: AttemptKind, *, email: str, device: Device, user: User | None = None, reason: str = "") -> None:
    """Keep what came of an attempt; without a reason it succeeded."""
    SecurityAttempt.objects.create(
        kind=kind,
        email=email[:254],
        user=user,
        is_success=not reason,
        reason=reason,
        ip_address=device.address or None,
        user_agent=device.user_agent,
    )


def clear(*, email: str, address: str) -> None:
    """Forget what was counted against an address and its tries at one account."""
    for key in (f"login-user:{email}:{address}", f"login-ip:{address}"):
        in_postgres.clear(key)
    for limit in settings.SECURITY_ATTEMPT_LIMITS:
        in_postgres.clear(f"{limit}:{address}")
        in_postgres.clear(f"{limit}:{email}")


def delete_old_attempts() -> int:
    """Forget attempts after ATTEMPT_KEEP_DAYS; returns how many."""
    oldest = Now() - timedelta(days=settings.ATTEMPT_KEEP_DAYS)
    return SecurityAttempt.objects.filter(created_at__lt=oldest).delete()[0]


def _forgive(at_account: str, at_address: str) -> None:
    in_postgres.clear(at_account)
    in_postgres.take_back(at_address)


def _count(kind: AttemptKind, key: str, limit: str, *, email: str, device: Device) -> None:
    most, minutes = settings.SECURITY_ATTEMPT_LIMITS[limit]
    count = in_postgres.add(key, Limit(most, 60 * minutes))
    if count.is_exceeded:
        if count.used == most + 1:  # a lockout is noted once, however often it is run against
            record(kind, email=email, device=device, reason=TooManyAttempts.code)
        raise TooManyAttempts(_WORDS[kind], retry_after_seconds=count.seconds_left)
