"""A second proof, by a code that is sent to the person, before something that cannot be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.accounts import selectors
from apps.accounts.events import StepUpRequested
from apps.accounts.exceptions import ChannelNotAvailable, CodeExpired, CodeWrong, SessionEnded, StepUpRequired
from apps.accounts.models import AttemptKind, Channel, SessionQuerySet, StepUp, StepUpPurpose, User, UserSession
from apps.accounts.services import attempts
from apps.accounts.services.sessions import Device
from apps.common.clock import database_now
from apps.outbox import services as outbox

DIGITS = 6
_TOKENS = Signer(salt="accounts.step-up.token", sep=".")


@dataclass(frozen=True, slots=True)
class Leave:
    """What a code has opened: the token does for its purpose, in its session, until then."""

    token: str
    purpose: StepUpPurpose
    expires_at: datetime


def request_code(
    *,
    user: User,
    session_id: UUID | None,
    purpose: StepUpPurpose,
    device: Device,
    channel: Channel = Channel.EMAIL,
) -> StepUp:
    """Have a code sent to the person, for one purpose in this session; what was sent for it before is dead.

    Raises:
        ChannelNotAvailable: the person cannot be reached that way.
        TooManyAttempts: enough was sent to this person, or to this number, for an hour.
        SessionEnded: the request was not made in a session.
    """
    phone = selectors.phone_for_codes(user) if channel == Channel.WHATSAPP else ""
    if channel == Channel.WHATSAPP and not phone:
        raise ChannelNotAvailable(selectors.code_channels(user))
    with attempts.counted(AttemptKind.STEP_UP, "otp", email=user.email, device=device, whose=user.email, phone=phone):
        return _begin(user, session_id, purpose, channel)


@transaction.atomic
def _begin(user: User, session_id: UUID | None, purpose: StepUpPurpose, channel: Channel) -> StepUp:
    session = _live(user, session_id).select_for_update(no_key=True).first()  # one at a time
    if session is None:
        raise SessionEnded
    now = database_now()
    session.step_ups.filter(proved_at=None, code_expires_at__gt=now).update(code_expires_at=now)
    step_up = session.step_ups.create(purpose=purpose, channel=channel, code_expires_at=now + _minutes())
    outbox.publish(StepUpRequested(step_up_id=step_up.pk))
    return step_up


def code_to_send(step_up: StepUp) -> str | None:
    """The code, the same however often it is asked for; None when it would open nothing any more."""
    is_dead = step_up.proved_at or step_up.session.ended_at or step_up.code_expires_at <= database_now()
    return None if is_dead else _code_of(step_up)


def prove(*, user: User, session_id: UUID | None, code: str, device: Device) -> Leave:
    """Take the code that was sent to the person in this session; each works once, and may be mistyped four times.

    Raises:
        CodeWrong: it is not that; there are tries left.
        CodeExpired: no code is open in this session: it was used, is too old, or was mistyped too often.
        TooManyAttempts: too many codes of this person were tried; this one was not looked at.
    """
    with attempts.counted(AttemptKind.STEP_UP, "otp_verify", email=user.email, device=device, whose=user.email):
        step_up = _try_once(user, session_id)
        if not constant_time_compare(code, _code_of(step_up)):
            raise CodeWrong(tries_left=StepUp.MOST_TRIES - step_up.tries)
        leave = _open(step_up)
    attempts.record(AttemptKind.STEP_UP, email=user.email, device=device, user=user)
    return leave


def check_leave(*, token: str, user: User, session_id: UUID | None, purpose: StepUpPurpose) -> None:
    """Raises StepUpRequired unless the token was given to this person, in this session, for this purpose, lately."""
    try:
        step_up_id = UUID(_TOKENS.unsign(token))
    except (BadSignature, ValueError) as error:
        raise StepUpRequired(purpose) from error
    given = StepUp.objects.filter(public_id=step_up_id, purpose=purpose, leave_expires_at__gt=Now())
    if not given.filter(session__in=_live(user, session_id)).exists():
        raise StepUpRequired(purpose)


def forget_step_ups(user: User) -> None:
    """No code and no leave of this person is good any more."""
    StepUp.objects.filter(session__user=user).delete()


def _live(user: User, session_id: UUID | None) -> SessionQuerySet:
    """The session itself, or nothing."""
    mine = UserSession.objects.live(timezone.now()).filter(user=user)
    return UserSession.objects.none() if session_id is None else mine.filter(public_id=session_id)


def _try_once(user: User, session_id: UUID | None) -> StepUp:
    """Count a try before it is judged, in one statement, so that no burst gets more of them."""
    sent = StepUp.objects.filter(session__in=_live(user, session_id)).order_by("-pk").first()
    if sent is None:
        raise CodeExpired
    open_one = StepUp.objects.filter(pk=sent.pk, proved_at=None, code_expires_at__gt=Now())
    if not open_one.filter(tries__lt=StepUp.MOST_TRIES).update(tries=F("tries") + 1):
        raise CodeExpired
    sent.refresh_from_db()
    return sent


def _open(step_up: StepUp) -> Leave:
    expires_at = database_now() + _minutes()
    unused = StepUp.objects.filter(pk=step_up.pk, proved_at=None)
    if not unused.update(proved_at=Now(), leave_expires_at=expires_at):
        raise CodeExpired
    return Leave(_TOKENS.sign(step_up.public_id.hex), StepUpPurpose(step_up.purpose), expires_at)


def _code_of(step_up: StepUp) -> str:
    """Six digits that nobody finds without the server's key, evenly spread for all that anybody could notice."""
    digest = salted_hmac("accounts.step-up.code", step_up.public_id.hex, algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:16]) % 10**DIGITS:0{DIGITS}}"


def _minutes() -> timedelta:
    return timedelta(minutes=settings.STEP_UP_MINUTES)
