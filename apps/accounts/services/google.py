"""Sign in with Google: who has proved to Google who he is need not prove it to us."""

from __future__ import annotations

import hashlib
import time

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import providers
from apps.accounts.events import EmailVerified, UserRegistered
from apps.accounts.exceptions import AccountNotActive, GoogleLinkNeeded, GoogleNotOffered, GoogleTokenNotValid
from apps.accounts.models import AttemptKind, GoogleIdentity, User, normalise_email
from apps.accounts.providers.google import CLOCK_SKEW_SECONDS, GooglePerson
from apps.accounts.services import attempts, people
from apps.accounts.services.sessions import Device
from apps.common.limits import Limit, in_postgres
from apps.outbox import services as outbox


def sign_in_with_google(*, credential: str, nonce: str, password: str, device: Device) -> User:
    """The person of a Google account; the first time makes an account here, or ties one that is there to it.

    An account with the same address is tied only when Google runs that mailbox and the address was verified here, or
    when its `password` comes along: else a stranger who registered the address first would share the account.

    Raises:
        GoogleNotOffered: the shop has no client id.
        GoogleTokenNotValid, GoogleUnavailable: as the provider says, or the token came before.
        GoogleLinkNeeded: the account that has the address wants its password first.
        InvalidCredentials: the password is not that account's.
        AccountNotActive: the account is closed.
        TooManyAttempts: too many came from there.
    """
    if not settings.GOOGLE_CLIENT_IDS:
        raise GoogleNotOffered
    with attempts.counted(AttemptKind.GOOGLE, "google", device=device):
        person = providers.google().verify(credential, nonce=nonce)
        _spend(credential, person)
        user = _known(person) or _meet(person, password, device)
        if not user.is_active:
            raise AccountNotActive
    attempts.record(AttemptKind.GOOGLE, email=user.email, device=device, user=user)
    return user


def _spend(credential: str, person: GooglePerson) -> None:
    """A token is good for one sign-in, though Google lets it live for an hour."""
    seconds = max(1, person.expires_at - int(time.time()) + 2 * CLOCK_SKEW_SECONDS)
    key = f"google:{hashlib.sha256(credential.rpartition('.')[0].encode()).hexdigest()}"
    if in_postgres.add(key, Limit(1, seconds)).is_exceeded:
        raise GoogleTokenNotValid


def _known(person: GooglePerson) -> User | None:
    identity = GoogleIdentity.objects.select_related("user").filter(subject=person.subject).first()
    return identity.user if identity else None


def _meet(person: GooglePerson, password: str, device: Device) -> User:
    email = normalise_email(person.email)
    user = User.objects.filter(email=email).first()
    if user is not None:
        return _tie(user, person, password, device)
    try:
        with transaction.atomic():
            return _create(email, person)
    except IntegrityError:  # the same person came twice at once
        known = _known(person)
        if known is None:
            raise GoogleLinkNeeded from None
        return known


def _tie(user: User, person: GooglePerson, password: str, device: Device) -> User:
    if password:
        people.log_in(email=user.email, password=password, device=device)
    elif not (person.is_authoritative and user.is_email_verified) or user.is_staff:
        raise GoogleLinkNeeded
    GoogleIdentity.objects.get_or_create(subject=person.subject, defaults={"user": user})
    return user


def _create(email: str, person: GooglePerson) -> User:
    verified_at = timezone.now() if person.is_authoritative else None
    user = User(email=email, first_name=person.first_name, last_name=person.last_name, email_verified_at=verified_at)
    user.set_unusable_password()
    user.save(force_insert=True)
    GoogleIdentity.objects.create(user=user, subject=person.subject)
    outbox.publish(UserRegistered(user_id=user.pk))
    if verified_at is not None:
        outbox.publish(EmailVerified(user_id=user.pk))
    return user
