"""Register, prove who one is, and change what one may say of oneself."""

from __future__ import annotations

from datetime import date
from typing import Any, BinaryIO, TypedDict, Unpack
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.accounts.events import PhoneChanged, UserRegistered
from apps.accounts.exceptions import AccountNotActive, EmailTaken, InvalidCredentials, PictureRefused, UsernameTaken
from apps.accounts.models import AttemptKind, ConsentSource, StepUpPurpose, User, normalise_email
from apps.accounts.services import attempts, consents, passwords, remembered, step_up
from apps.accounts.services.sessions import Device
from apps.common.pictures import NotAPicture, as_webp
from apps.outbox import services as outbox

PICTURE_SIDE = 512  # pixels


class Profile(TypedDict, total=False):
    """What people may say and change about themselves."""

    first_name: str
    last_name: str
    phone: str
    language: str
    username: str | None
    date_of_birth: date | None


class Preferences(TypedDict, total=False):
    """How people want to be spoken to."""

    language: str
    currency: str
    channels: list[str]
    marketing: list[str]


def register_user(*, email: str, password: str, device: Device, **profile: Unpack[Profile]) -> User:
    """Create a customer who may log in once the address is verified, and announce it.

    Raises:
        TooManyAttempts: too many were registered from there.
        PasswordRefused: the password does not pass the validators of the settings.
        EmailTaken, UsernameTaken: somebody has that, in whatever capitals.
    """
    email = normalise_email(email)
    with attempts.counted(AttemptKind.REGISTRATION, "register", email=email, device=device):
        user = _create(email, password, profile)
    attempts.record(AttemptKind.REGISTRATION, email=email, device=device, user=user)
    return user


def _create(email: str, password: str, profile: Profile) -> User:
    user = User(email=email, is_active=False, phone_for_codes=profile.get("phone", ""), **profile)
    passwords.validate(password, user, field="password")
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            outbox.publish(UserRegistered(user_id=user.pk))
    except IntegrityError as error:
        raise _what_is_taken(error) from error
    return user


def _what_is_taken(error: IntegrityError) -> EmailTaken | UsernameTaken:
    return UsernameTaken() if "user_username_unique" in str(error) else EmailTaken()


def log_in(*, email: str, password: str, device: Device) -> User:
    """Return the user whose address and password these are, unless too many were tried from there.

    Raises:
        InvalidCredentials, AccountNotActive: as `check_credentials`.
        TooManyAttempts: a limit is reached; the password was not looked at.
    """
    email = normalise_email(email)
    with attempts.guarded_by_password(AttemptKind.LOGIN, email=email, device=device):
        user = check_credentials(email=email, password=password)
    attempts.record(AttemptKind.LOGIN, email=email, device=device, user=user)
    return user


def check_credentials(*, email: str, password: str) -> User:
    """Return the user whose address and password these are; unknown addresses take as long as wrong passwords.

    Raises:
        InvalidCredentials: one of the two is wrong; which one is not told.
        AccountNotActive: both are right, but the account is closed.
    """
    user = User.objects.filter(email=normalise_email(email)).first()
    if user is None:
        User().set_password(password)  # the work that a known address costs
        raise InvalidCredentials
    if not user.check_password(password):
        raise InvalidCredentials
    if not user.is_active:
        raise AccountNotActive
    return user


def update_profile(*, user: User, **profile: Unpack[Profile]) -> User:
    """Change what the user may change about himself; what is not named stays.

    Raises:
        UsernameTaken: somebody else has it, in whatever capitals.
    """
    try:
        with transaction.atomic():
            return _update(user, **profile)
    except IntegrityError as error:
        raise UsernameTaken from error


def update_own_profile(*, user: User, session_id: UUID | None, step_up_token: str, **profile: Unpack[Profile]) -> User:
    """The same by the person himself. Another phone wants a fresh code, so that no thief has codes sent to his own.

    Raises:
        StepUpRequired: the phone is another one, and the token does not open that; nothing was changed.
        UsernameTaken: somebody else has it, in whatever capitals.
    """
    phone = profile.get("phone", "")
    is_known = phone in {"", user.phone_for_codes} or (phone == user.phone and not step_up_token)
    if is_known:
        return update_profile(user=user, **profile)
    purpose = StepUpPurpose.CHANGE_PHONE
    step_up.check_leave(token=step_up_token, user=user, session_id=session_id, purpose=purpose)
    with transaction.atomic():
        update_profile(user=user, **profile)
        outbox.publish(PhoneChanged(user_id=user.pk, change_id=str(uuid4())))
        return _update(user, phone_for_codes=phone)


def update_preferences(*, user: User, **preferences: Unpack[Preferences]) -> User:
    """Change how the user wants to be spoken to; what is not named stays."""
    changes = dict(preferences)
    kinds = changes.pop("marketing", None)
    with transaction.atomic():
        if kinds is not None:
            consents.choose_marketing(user=user, kinds=preferences["marketing"], source=ConsentSource.PREFERENCES)
        return _update(user, **changes)


def set_picture(*, user: User, file: BinaryIO) -> User:
    """Keep a picture of the person, written anew and small; the one before goes.

    Raises:
        PictureRefused: it is no JPEG, PNG or WebP, or larger than our limits.
    """
    try:
        content = as_webp(file, longest_side=PICTURE_SIDE)
    except NotAPicture as error:
        raise PictureRefused(str(error)) from error
    storage = User._meta.get_field("picture").storage
    return _replace_picture(user, storage.save(f"people/{uuid4().hex}.webp", ContentFile(content)))


def remove_picture(*, user: User) -> User:
    """Take the person's picture off the profile; its file goes once that is committed. Twice is once."""
    return _replace_picture(user, "")


def _replace_picture(user: User, name: str) -> User:
    before = user.picture.name
    _update(user, picture=name)
    if before:
        transaction.on_commit(lambda: user.picture.storage.delete(before), robust=True)
    return user


def _update(user: User, **changes: Any) -> User:
    remembered.forget_user(user)
    User.objects.filter(pk=user.pk).update(**changes, updated_at=Now())
    user.refresh_from_db()
    return user
