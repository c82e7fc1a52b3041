"""What staff do for customers, and against those who pretend to be."""

from __future__ import annotations

from typing import Unpack
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.accounts.events import UserRegistered, VerificationRequested
from apps.accounts.exceptions import EmailTaken
from apps.accounts.models import EndReason, SecurityAttempt, User, UserSession, normalise_email
from apps.accounts.services import attempts, links, remembered
from apps.accounts.services.people import Profile
from apps.accounts.services.sessions import end_sessions
from apps.outbox import services as outbox


@transaction.atomic
def lock_user(*, user: User) -> User:
    """Close an account and sign it out everywhere; nothing is lost, and `unlock_user` opens it again."""
    remembered.forget_user(user)
    User.objects.filter(pk=user.pk, locked_at=None).update(is_active=False, locked_at=Now(), updated_at=Now())
    end_sessions(UserSession.objects.filter(user=user), reason=EndReason.ACCOUNT_CLOSED)
    user.refresh_from_db()
    return user


@transaction.atomic
def unlock_user(*, user: User) -> User:
    """Open a locked account again. One whose address was never verified goes back to waiting for that."""
    remembered.forget_user(user)
    opened = {"locked_at": None, "is_active": user.is_email_verified or user.is_staff}
    User.objects.filter(pk=user.pk, locked_at__isnull=False).update(**opened, updated_at=Now())
    user.refresh_from_db()
    return user


@transaction.atomic
def follow_new_address(*, user: User) -> None:
    """Staff have written another address into an account: who has it must prove so, and old mail opens nothing."""
    remembered.forget_user(user)
    links.put_out(user)
    User.objects.filter(pk=user.pk).update(email_verified_at=None, updated_at=Now())
    outbox.publish(VerificationRequested(email=user.email, request_id=str(uuid4()), address=""))
    user.refresh_from_db()


def create_customer(*, email: str, **profile: Unpack[Profile]) -> User:
    """An account made by staff: its owner opens it by the mailed link, and chooses a password by another.

    Raises:
        EmailTaken: somebody has that address, in whatever capitals.
    """
    user = User(email=normalise_email(email), is_active=False, **profile)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            outbox.publish(UserRegistered(user_id=user.pk))
    except IntegrityError as error:
        raise EmailTaken from error
    return user


def lift_lockout(*, attempt: SecurityAttempt) -> None:
    """Let the address of a locked-out attempt try again at once."""
    attempts.clear(email=attempt.email, address=attempt.ip_address or "")
