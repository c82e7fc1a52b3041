"""Another e-mail address, for whoever reads the mailboxes of both."""

from __future__ import annotations

from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.accounts.events import EmailChanged, EmailChangeRequested
from apps.accounts.exceptions import EmailTaken, LinkNotValid
from apps.accounts.models import AttemptKind, LinkPurpose, User, normalise_email
from apps.accounts.services import attempts, links, remembered, step_up
from apps.accounts.services.sessions import Device
from apps.outbox import services as outbox


def request_email_change(*, user: User, email: str, device: Device) -> None:
    """Have a link mailed to the new address; until it is used the old one stays. Ask for a step-up before.

    Raises:
        EmailTaken: somebody has that address; told as at registration, and under the same limit.
        TooManyAttempts: asked too often from there.
    """
    email = normalise_email(email)
    tried = attempts.counted(AttemptKind.EMAIL_CHANGE, "register", email=email, device=device)
    with tried, transaction.atomic():
        if User.objects.filter(email=email).exists():
            raise EmailTaken
        request_id = str(uuid4())
        outbox.publish(
            EmailChangeRequested(user_id=user.pk, email=email, request_id=request_id, address=device.address)
        )


def issue_email_change(*, user: User, email: str, request_key: str, address: str) -> str | None:
    """The token to mail to the new address; None when that is taken by now, or enough was mailed."""
    if not user.is_active or User.objects.filter(email=email).exists():
        return None
    return links.issue_link(
        user=user, purpose=LinkPurpose.CHANGE_EMAIL, request_key=request_key, address=address, email=email
    )


def change_email(*, token: str, device: Device) -> None:
    """Make the address that the link was mailed to the person's own. The other links, and codes, go with the old one.

    Raises:
        LinkNotValid, LinkUsed, LinkExpired: the link opens nothing.
        EmailTaken: somebody was quicker.
        TooManyAttempts: tried too often from there.
    """
    with attempts.counted(AttemptKind.EMAIL_CHANGE, "verification", device=device):
        try:
            with transaction.atomic():
                user = _change(token)
        except IntegrityError as error:
            raise EmailTaken from error
    attempts.record(AttemptKind.EMAIL_CHANGE, email=user.email, device=device, user=user)


def _change(token: str) -> User:
    link = links.look_up(token=token, purpose=LinkPurpose.CHANGE_EMAIL)
    user, old_email = link.user, link.user.email
    if not user.is_active:
        raise LinkNotValid
    links.use_up(link)
    remembered.forget_user(user)
    User.objects.filter(pk=user.pk).update(email=link.email, email_verified_at=Now(), updated_at=Now())
    links.put_out(user)
    step_up.forget_step_ups(user)
    outbox.publish(EmailChanged(user_id=user.pk, old_email=old_email, change_id=str(uuid4())))
    user.refresh_from_db()
    return user
