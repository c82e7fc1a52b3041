"""New passwords: for who knows the old one, and for who has forgotten it."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now

from apps.accounts.events import PasswordChanged, PasswordResetRequested
from apps.accounts.exceptions import CurrentPasswordWrong, PasswordRefused
from apps.accounts.models import AttemptKind, EndReason, LinkPurpose, User, UserSession, normalise_email
from apps.accounts.services import attempts, links, remembered, step_up, verification
from apps.accounts.services.sessions import Device, end_sessions
from apps.outbox import services as outbox


def validate(password: str, user: User, *, field: str) -> None:
    """Raises PasswordRefused with the reasons beside that field."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordRefused(error.messages, field=field) from error


def request_reset(*, email: str, device: Device) -> None:
    """Have a link to a new password mailed, if anybody has the address. What happens here is the same for every one.

    Raises:
        TooManyAttempts: asked too often from there.
    """
    email = normalise_email(email)
    tried = attempts.counted(AttemptKind.PASSWORD_RESET, "password_reset", email=email, device=device)
    with tried, transaction.atomic():
        outbox.publish(PasswordResetRequested(email=email, request_id=str(uuid4()), address=device.address))


def issue_reset(*, user: User, request_key: str, address: str) -> str | None:
    """The token to mail; None for a closed account, or when enough was mailed."""
    if not user.may_be_let_in:
        return None
    return links.issue_link(user=user, purpose=LinkPurpose.RESET_PASSWORD, request_key=request_key, address=address)


def reset_password(*, token: str, password: str, device: Device) -> None:
    """Set a new password for whoever reads the mailbox, and sign all devices out. It verifies the address as well.

    Raises:
        LinkNotValid, LinkUsed, LinkExpired: the link opens nothing.
        PasswordRefused: it is too easy to guess; the link can be used again.
        TooManyAttempts: tried too often from there.
    """
    with attempts.counted(AttemptKind.PASSWORD_RESET, "password_reset", device=device), transaction.atomic():
        link = links.look_up(token=token, purpose=LinkPurpose.RESET_PASSWORD)
        validate(password, link.user, field="password")
        links.use_up(link)
        _set(link.user, password, keep_session=None)
        verification.mark_verified(link.user)
    attempts.record(AttemptKind.PASSWORD_RESET, email=link.user.email, device=device, user=link.user)


def change_password(
    *, user: User, current_password: str, new_password: str, session_id: UUID | None, device: Device
) -> None:
    """Set a new password for whoever knows the old one, and sign the other devices out.

    Raises:
        CurrentPasswordWrong: it is not that.
        PasswordRefused: the new one is too easy to guess.
        TooManyAttempts: too many wrong ones came from there.
    """
    with attempts.guarded_by_password(AttemptKind.PASSWORD_CHANGE, email=user.email, device=device):
        if not user.check_password(current_password):
            raise CurrentPasswordWrong
    validate(new_password, user, field="new_password")
    with transaction.atomic():
        _set(user, new_password, keep_session=session_id)
    attempts.record(AttemptKind.PASSWORD_CHANGE, email=user.email, device=device, user=user)


def _set(user: User, password: str, *, keep_session: UUID | None) -> None:
    remembered.forget_user(user)
    User.objects.filter(pk=user.pk).update(password=make_password(password), updated_at=Now())
    sessions = UserSession.objects.filter(user=user)
    others = sessions if keep_session is None else sessions.exclude(public_id=keep_session)
    end_sessions(others, reason=EndReason.PASSWORD_CHANGED)
    step_up.forget_step_ups(user)
    links.put_out(user)
    outbox.publish(PasswordChanged(user_id=user.pk, change_id=str(uuid4())))
