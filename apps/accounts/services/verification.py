"""Proof that a person reads the mailbox whose address he gave."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction
from django.db.models.functions import Now

from apps.accounts.events import EmailVerified, VerificationRequested
from apps.accounts.models import AttemptKind, LinkPurpose, MailLink, User, normalise_email
from apps.accounts.services import attempts, links, remembered
from apps.accounts.services.sessions import Device
from apps.outbox import services as outbox


def request_verification(*, email: str, device: Device) -> None:
    """Have the mail sent again, if anybody waits for it. What happens here is the same for every address.

    Raises:
        TooManyAttempts: asked too often from there.
    """
    email = normalise_email(email)
    with attempts.counted(AttemptKind.VERIFICATION, "verification", email=email, device=device), transaction.atomic():
        outbox.publish(VerificationRequested(email=email, request_id=str(uuid4()), address=device.address))


def issue_verification(*, user: User, request_key: str, address: str = "") -> str | None:
    """The token to mail; None when there is nothing to verify any more, or enough was mailed."""
    if user.is_email_verified or not user.may_be_let_in:
        return None
    return links.issue_link(user=user, purpose=LinkPurpose.VERIFY_EMAIL, request_key=request_key, address=address)


def look_at_verification(*, token: str, device: Device) -> MailLink:
    """What the link would do, without doing it: mail scanners open links.

    Raises:
        LinkNotValid, LinkUsed, LinkExpired: it would do nothing.
        TooManyAttempts: tried too often from there.
    """
    with attempts.counted(AttemptKind.VERIFICATION, "verification", device=device):
        return links.look_up(token=token, purpose=LinkPurpose.VERIFY_EMAIL)


def verify_email(*, token: str, device: Device) -> User:
    """Open the account whose address the link proves.

    Raises:
        LinkNotValid, LinkUsed, LinkExpired, TooManyAttempts: as `look_at_verification`.
    """
    with attempts.counted(AttemptKind.VERIFICATION, "verification", device=device), transaction.atomic():
        link = links.look_up(token=token, purpose=LinkPurpose.VERIFY_EMAIL)
        links.use_up(link)
        mark_verified(link.user)
    attempts.record(AttemptKind.VERIFICATION, email=link.user.email, device=device, user=link.user)
    return link.user


def mark_verified(user: User) -> None:
    """The person has proved to read the mailbox; the first time opens the account and is announced."""
    remembered.forget_user(user)
    waiting = User.objects.filter(pk=user.pk, email_verified_at=None, locked_at=None)
    if waiting.update(email_verified_at=Now(), is_active=True, updated_at=Now()):
        outbox.publish(EmailVerified(user_id=user.pk))
    user.refresh_from_db()
