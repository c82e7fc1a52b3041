"""Sessions: a device signs in, its tokens are checked with every request and rotated, and it is signed out."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from apps.accounts.events import NewDeviceSignedIn, RefreshTokenReused, SuspiciousSignIn
from apps.accounts.exceptions import AccountNotActive, SessionEnded, SessionNotFound, TokenNotValid
from apps.accounts.models import EndReason, SessionQuerySet, User, UserSession
from apps.accounts.services import remembered
from apps.outbox import services as outbox

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=10)  # two tabs may refresh at once, and an answer may get lost on its way
ACTIVITY_STEP = timedelta(minutes=1)
SUSPICION_WINDOW = timedelta(hours=1)
_REMEMBERED_DEVICES = 100


@dataclass(frozen=True, slots=True)
class Tokens:
    """A short-lived access token, and the single-use refresh token that brings the next pair."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Device:
    """What a request says of where it comes from."""

    user_agent: str = ""
    address: str = ""


@transaction.atomic
def open_session(*, user: User, device: Device) -> Tokens:
    """Sign a device in for somebody who has proved who he is; the oldest of too many devices is signed out.

    Raises:
        AccountNotActive: the account was closed meanwhile.
    """
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).exists():  # one at a time
        raise AccountNotActive
    now = timezone.now()
    session = UserSession.objects.create(
        user=user,
        rotated_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
        user_agent=device.user_agent,
        ip_address=device.address or None,
    )
    _sign_out_the_oldest(user, now)
    _look_twice(session, now)
    _note("session opened", session)
    return _sign(session)


def refresh_tokens(*, refresh: str) -> Tokens:
    """Spend a refresh token for a new pair; whoever brings it again within ten seconds gets the very same pair.

    Raises:
        TokenNotValid: it is forged, of another kind, or malformed.
        SessionEnded: it or its session is over. A spent token that comes again ends the session.
    """
    session_id, user_id, token_id = _read(refresh)
    now = timezone.now()
    living = _of_the_active(UserSession.objects.live(now).filter(public_id=session_id), user_id)
    # The token's id stands in the row itself, so that of two rivals the second finds it changed and updates nothing.
    is_first = living.filter(refresh_id=token_id).update(
        spent_refresh_id=F("refresh_id"),
        refresh_id=uuid4(),
        access_id=uuid4(),
        rotated_at=now,
        last_activity_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
    )
    session = living.select_related("user").first()
    if session is None:
        raise SessionEnded
    if is_first or (session.spent_refresh_id == token_id and now - session.rotated_at <= GRACE):
        return _sign(session)
    _end_for_reuse(session)
    raise SessionEnded


def close_session(*, refresh: str) -> None:
    """Sign the token's own device out; a token that is dead already stays dead."""
    try:
        session_id, user_id, _ = _read(refresh)
    except (TokenNotValid, SessionEnded):
        return
    end_sessions(UserSession.objects.filter(public_id=session_id, user__public_id=user_id), reason=EndReason.LOGGED_OUT)


def deactivate_session(*, user: User, session_id: UUID) -> None:
    """Sign one of a person's devices out from afar.

    Raises:
        SessionNotFound: it is over already, or somebody else's.
    """
    mine = UserSession.objects.live(timezone.now()).filter(user=user, public_id=session_id)
    if not end_sessions(mine, reason=EndReason.SIGNED_OUT_REMOTELY):
        raise SessionNotFound


def deactivate_other_sessions(*, user: User, current: UUID | None) -> int:
    """Sign all of a person's devices out but the one with the session `current`; returns how many."""
    mine = UserSession.objects.live(timezone.now()).filter(user=user)
    others = mine if current is None else mine.exclude(public_id=current)
    return end_sessions(others, reason=EndReason.SIGNED_OUT_REMOTELY)


@transaction.atomic
def end_sessions(sessions: SessionQuerySet, *, reason: EndReason) -> int:
    """End those that have not ended yet; their tokens are refused from the next request on. Returns how many."""
    ids = list(sessions.filter(ended_at=None).values_list("public_id", flat=True))
    remembered.forget_sessions(ids)
    ended = UserSession.objects.filter(public_id__in=ids, ended_at=None)
    count = ended.update(ended_at=Now(), end_reason=reason) if ids else 0
    if count and settings.SESSION_SECURITY["LOG_SESSION_ACTIVITIES"]:
        log.info("sessions ended (%s): %s", reason, ", ".join(map(str, ids)))
    return count


def find_person(*, session_id: UUID, user_id: UUID) -> User:
    """The person for whom a session with that id is live now: one look into the shared cache, or one query.

    Raises:
        SessionEnded: it is over, or never was.
    """
    if known := remembered.recall(session_id=session_id, user_id=user_id):
        return known
    now = timezone.now()
    sessions = UserSession.objects.select_related("user").defer("user__password")
    session = sessions.filter(public_id=session_id, user__public_id=user_id).first()
    if session is None:
        raise SessionEnded("No active sessions found")
    if not (session.is_live(now) and session.user.is_active):
        raise SessionEnded
    if session.last_activity_at < now - ACTIVITY_STEP:
        UserSession.objects.filter(pk=session.pk).update(last_activity_at=now)
    remembered.remember(session)
    return session.user


def delete_old_sessions(*, dry_run: bool = False) -> int:
    """Forget sessions that have been over for SESSION_EXPIRE_DAYS; returns how many."""
    days = settings.SESSION_SECURITY["SESSION_EXPIRE_DAYS"]
    old = UserSession.objects.over_before(timezone.now() - timedelta(days=days))
    return old.count() if dry_run else old.delete()[0]


def _sign_out_the_oldest(user: User, now: datetime) -> None:
    most = settings.SESSION_SECURITY["MAX_SESSIONS_PER_USER"]
    if most:
        newest_first = UserSession.objects.live(now).filter(user=user).order_by("-pk")
        too_old = list(newest_first.values_list("pk", flat=True)[most:])
        end_sessions(UserSession.objects.filter(pk__in=too_old), reason=EndReason.TOO_MANY)


def _look_twice(session: UserSession, now: datetime) -> None:
    """Tell of a device that the person has not used before, and of many networks at once."""
    earlier = UserSession.objects.filter(user=session.user_id).exclude(pk=session.pk).order_by("-pk")
    seen = list(earlier.values_list("user_agent", "ip_address", "created_at")[:_REMEMBERED_DEVICES])
    if not seen:
        return
    recent = [address for _, address, opened_at in seen if opened_at > now - SUSPICION_WINDOW]
    networks = {_network(address) for address in [session.ip_address, *recent] if address}
    if len(networks) >= settings.SESSION_SECURITY["SUSPICIOUS_NETWORKS"]:
        ended = _end_the_others(session)
        _note(f"suspicious sign-in, {len(networks)} networks within an hour", session, level=logging.WARNING)
        outbox.publish(SuspiciousSignIn(session_id=session.pk, networks=len(networks), others_ended=ended))
    elif session.user_agent not in {user_agent for user_agent, *_ in seen}:
        _note("sign-in from a new device", session)
        outbox.publish(NewDeviceSignedIn(session_id=session.pk))


def _end_the_others(session: UserSession) -> int:
    if not settings.SESSION_SECURITY["FORCE_LOGOUT_ON_SUSPICIOUS_ACTIVITY"]:
        return 0
    others = UserSession.objects.live(timezone.now()).filter(user=session.user_id).exclude(pk=session.pk)
    return end_sessions(others, reason=EndReason.SUSPICIOUS)


def _network(address: str) -> str:
    """What one household or company usually has: a /24 of IPv4, a /48 of IPv6."""
    return str(ip_network(f"{address}/{24 if ip_address(address).version == 4 else 48}", strict=False))


@transaction.atomic
def _end_for_reuse(session: UserSession) -> None:
    if end_sessions(UserSession.objects.filter(pk=session.pk), reason=EndReason.TOKEN_REUSED):
        outbox.publish(RefreshTokenReused(session_id=session.pk))


def _of_the_active(sessions: SessionQuerySet, user_id: UUID) -> SessionQuerySet:
    """By a condition beside the row, not by a join: a joined row would be judged as it was before a rival's change."""
    return sessions.filter(Exists(User.objects.filter(pk=OuterRef("user"), public_id=user_id, is_active=True)))


def _read(refresh: str) -> tuple[UUID, UUID, UUID]:
    """The ids of the session, the person and the token, when the signature holds."""
    try:
        token = RefreshToken(refresh)  # type: ignore[arg-type]  # its signature says Token, its code wants a string
        return UUID(token["sid"]), UUID(token["sub"]), UUID(token["jti"])
    except (TokenError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise TokenNotValid from error


def _sign(session: UserSession) -> Tokens:
    """The present pair of a session: the same ids and moment make the same tokens, letter for letter."""
    access, refresh = AccessToken(), RefreshToken()
    for token, token_id in ((access, session.access_id), (refresh, session.refresh_id)):
        token.set_exp(from_time=session.rotated_at)
        token.set_iat(at_time=session.rotated_at)
        token["jti"] = token_id.hex
        token["sid"] = str(session.public_id)
        token["sub"] = str(session.user.public_id)
    return Tokens(access=str(access), refresh=str(refresh))


def _note(what: str, session: UserSession, *, level: int = logging.INFO) -> None:
    if settings.SESSION_SECURITY["LOG_SESSION_ACTIVITIES"]:
        log.log(level, "%s: %s of user %s", what, session.public_id, session.user_id)
