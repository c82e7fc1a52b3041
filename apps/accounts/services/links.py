"""Links that are mailed: made once for each request, opened once, and only by whoever reads the mailbox."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models.functions import Now

from apps.accounts.exceptions import LinkExpired, LinkNotValid, LinkUsed
from apps.accounts.models import LinkPurpose, MailLink, User
from apps.common.clock import database_now

MOST_MAILS_AN_HOUR = 5  # so that nobody's mailbox is filled by a stranger who types its address again and again


@transaction.atomic
def issue_link(*, user: User, purpose: LinkPurpose, request_key: str, address: str = "", email: str = "") -> str | None:
    """The token of a new link, which puts out the older ones; None when the person has got enough mail for an hour.

    None too when the person has another address by now than the one that the mail would go to. The same `request_key`
    brings the same token.
    """
    if User.objects.select_for_update(no_key=True).get(pk=user.pk).email != user.email:
        return None
    known = MailLink.objects.filter(request_key=request_key).first()
    if known is not None:
        return _sign(known)
    now = database_now()
    earlier = MailLink.objects.filter(user=user, purpose=purpose)
    if earlier.filter(created_at__gt=now - timedelta(hours=1)).count() >= MOST_MAILS_AN_HOUR:
        return None
    earlier.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
    link = MailLink.objects.create(
        user=user,
        purpose=purpose,
        request_key=request_key,
        email=email,
        ip_address=address or None,
        expires_at=now + _lifetime(purpose),
    )
    return _sign(link)


def look_up(*, token: str, purpose: LinkPurpose) -> MailLink:
    """The link that a token opens, still unused; looking does not use it up.

    Raises:
        LinkNotValid, LinkUsed, LinkExpired: it opens nothing.
    """
    link = MailLink.objects.select_related("user").filter(public_id=_read(token, purpose), purpose=purpose).first()
    if link is None or link.user.locked_at is not None:
        raise LinkNotValid
    if link.used_at is not None:
        raise LinkUsed
    if link.expires_at <= database_now():
        raise LinkExpired
    return link


def use_up(link: MailLink) -> None:
    """Of two who bring the same link at once one passes; call in the transaction that does what the link is for.

    Raises:
        LinkUsed, LinkExpired: somebody was quicker.
    """
    if not MailLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=Now()).update(used_at=Now()):
        link.refresh_from_db(fields=["used_at"])
        raise LinkUsed if link.used_at else LinkExpired


def put_out(user: User) -> None:
    """None of the links that this person was mailed works any more."""
    MailLink.objects.filter(user=user, used_at=None, expires_at__gt=Now()).update(expires_at=Now())


def _lifetime(purpose: LinkPurpose) -> timedelta:
    if purpose == LinkPurpose.RESET_PASSWORD:
        return timedelta(minutes=settings.PASSWORD_RESET_LINK_MINUTES)
    return timedelta(hours=settings.VERIFICATION_LINK_HOURS)


def _sign(link: MailLink) -> str:
    return _signer(LinkPurpose(link.purpose)).sign(link.public_id.hex)


def _read(token: str, purpose: LinkPurpose) -> UUID:
    try:
        return UUID(_signer(purpose).unsign(token))
    except (BadSignature, ValueError) as error:
        raise LinkNotValid from error


def _signer(purpose: LinkPurpose) -> Signer:
    return Signer(salt=f"accounts.link.{purpose}", sep=".")
