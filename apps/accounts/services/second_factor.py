"""What staff have beside the password: an app that makes six digits, and recovery codes for when it is lost.

django-otp keeps both, refuses a code that was used, and makes each wrong guess wait twice as long as the one before.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b32encode
from math import ceil
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from apps.accounts.events import SecondFactorChanged
from apps.accounts.exceptions import (
    SecondFactorNotSetUp,
    SecondFactorRequired,
    SecondFactorWrong,
    TooManyAttempts,
)
from apps.accounts.models import AttemptKind, EndReason, User, UserSession
from apps.accounts.services import attempts, remembered, sessions
from apps.accounts.services.sessions import Device, Tokens
from apps.common.exceptions import DomainError
from apps.outbox import services as outbox

RECOVERY_CODES = 10
_DIGITS = re.compile(r"[0-9]{6}")
_RECOVERY_BYTES = 10  # 80 bits: nobody tries them all, so a plain hash keeps them


def open_session(*, user: User, device: Device, otp: str = "") -> Tokens:
    """Sign a device in for somebody who has shown one proof of who he is; whoever has a second factor brings it too.

    Raises:
        SecondFactorRequired, SecondFactorWrong: it is missing, or it is not that.
        SecondFactorNotSetUp: staff must have one, and this person has none yet.
        TooManyAttempts: a wrong one came just before.
        AccountNotActive: the account was closed meanwhile.
    """
    if user.second_factor_at is not None:
        check_second_factor(user=user, otp=otp, device=device)
    elif settings.STAFF_SECOND_FACTOR and (user.is_staff or user.is_superuser):
        raise SecondFactorNotSetUp
    return sessions.open_session(user=user, device=device)


def check_second_factor(*, user: User, otp: str, device: Device) -> None:
    """Take six digits of the person's app, or a recovery code; each works once.

    Raises:
        SecondFactorRequired, SecondFactorWrong, TooManyAttempts: as `open_session`.
    """
    otp = otp.strip()
    if not otp:
        raise SecondFactorRequired
    refusal = _judge(user, otp)
    if not isinstance(refusal, TooManyAttempts):
        reason = refusal.code if refusal else ""
        attempts.record(AttemptKind.SECOND_FACTOR, email=user.email, device=device, user=user, reason=reason)
    if refusal:
        raise refusal


def new_key() -> str:
    """A secret for an app, in hexadecimal; nothing is kept before `set_up_second_factor`."""
    key: str = random_hex(20)
    return key


def app_address(*, user: User, key: str) -> str:
    """What the QR code says to the app."""
    address: str = TOTPDevice(user=user, key=key).config_url
    return address


@transaction.atomic
def set_up_second_factor(*, user: User, key: str, otp: str) -> list[str]:
    """Have the app with that secret make the person's codes from now on, and return recovery codes to be shown once.

    An app and codes from before are forgotten, and all devices signed out of the API.

    Raises:
        SecondFactorWrong: the app does not show that; nothing is changed.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one at a time
    _forget(person)
    app = TOTPDevice.objects.create(user=person, name="app", key=key)
    if not (_DIGITS.fullmatch(otp.strip()) and app.verify_token(otp.strip())):
        raise SecondFactorWrong
    codes = [_write_down() for _ in range(RECOVERY_CODES)]
    recovery = StaticDevice.objects.create(user=person, name="recovery")
    StaticToken.objects.bulk_create(StaticToken(device=recovery, token=_hash(person, code)) for code in codes)
    _changed(person, "set_up")
    user.refresh_from_db()
    return codes


@transaction.atomic
def reset_second_factor(*, user: User) -> None:
    """Let somebody who has lost both app and codes begin anew; all devices are signed out. Twice changes nothing."""
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if person.second_factor_at is None:
        return
    _forget(person)
    _changed(person, "reset")
    user.refresh_from_db()


@transaction.atomic
def _judge(user: User, otp: str) -> DomainError | None:
    """The refusal is returned, so that the count of wrong guesses is committed; rivals wait for the row."""
    is_app = bool(_DIGITS.fullmatch(otp))
    kind = TOTPDevice if is_app else StaticDevice
    device = kind.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None:
        return SecondFactorWrong()
    is_allowed, why = device.verify_is_allowed()
    if not is_allowed:
        seconds = ceil((why["locked_until"] - timezone.now()).total_seconds())
        return TooManyAttempts("verification", retry_after_seconds=max(1, seconds))
    if not device.verify_token(otp if is_app else _hash(user, otp)):
        return SecondFactorWrong()
    if not is_app:
        outbox.publish(SecondFactorChanged(user_id=user.pk, change="recovered", change_id=str(uuid4())))
    return None


def _changed(person: User, change: str) -> None:
    remembered.forget_user(person)
    now = timezone.now()
    since = now if change == "set_up" else None
    User.objects.filter(pk=person.pk).update(second_factor_at=since, updated_at=now)
    sessions.end_sessions(UserSession.objects.filter(user=person), reason=EndReason.SIGNED_OUT_REMOTELY)
    outbox.publish(SecondFactorChanged(user_id=person.pk, change=change, change_id=str(uuid4())))


def _forget(person: User) -> None:
    TOTPDevice.objects.filter(user=person).delete()
    StaticDevice.objects.filter(user=person).delete()


def _write_down() -> str:
    """A recovery code as people copy it: abcd-efgh-ijkl-mnop."""
    letters = b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _hash(person: User, code: str) -> str:
    """Sixteen letters, which is what django-otp has room for. Each person's differ."""
    letters = re.sub(r"[\s-]", "", code).lower()
    digest = hashlib.sha256(f"{person.public_id} {letters}".encode()).digest()
    return b32encode(digest[:_RECOVERY_BYTES]).decode().lower()
