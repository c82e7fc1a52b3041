"""What people and staff read of accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from apps.accounts.exceptions import ExportNotFound, TooManyAttempts
from apps.accounts.models import (
    ERASED_HOST,
    Address,
    Channel,
    DataExport,
    SecurityAttempt,
    User,
    UserSession,
    normalise_email,
)
from apps.common.personal_data import Person


def staff_names(actors: Iterable[str]) -> dict[str, str]:
    """The addresses of the members of the staff among the actors of a history, by "staff:<id>"."""
    ids = {actor.removeprefix("staff:") for actor in actors if actor.startswith("staff:")} - {""}
    people = User.objects.filter(pk__in=[pk for pk in ids if pk.isdigit()])
    return {f"staff:{pk}": email for pk, email in people.values_list("pk", "email")}


def find_user(email: str) -> User | None:
    return User.objects.filter(email=normalise_email(email)).first()


def masked_email(email: str) -> str:
    """Enough for its owner to know which one is meant: a•••@example.com."""
    name, _, host = email.partition("@")
    return f"{name[:1]}•••@{host}"


def masked_phone(phone: str) -> str:
    """Enough for its owner to know which one is meant: +58•••67."""
    return f"{phone[:3]}•••{phone[-2:]}"


def phone_for_codes(user: User) -> str:
    """The number to which codes may go by WhatsApp: the person's own, by his own word; empty if there is none.

    What staff, or a thief with a token, have written into the profile is not that.
    """
    return user.phone_for_codes if settings.TWILIO_WHATSAPP_FROM and user.phone == user.phone_for_codes else ""


def code_channels(user: User) -> list[dict[str, str]]:
    """The ways on which codes reach the person, with where to, mostly hidden."""
    channels = [{"channel": str(Channel.EMAIL), "sent_to": masked_email(user.email)}]
    if phone := phone_for_codes(user):
        channels.append({"channel": str(Channel.WHATSAPP), "sent_to": masked_phone(phone)})
    return channels


def person_of(user: User, *, is_mailbox_proved: bool = False) -> Person:
    """The person as the registry of personal data knows him; his mailbox only if it is proved to be his."""
    return Person(
        user_id=user.pk,
        email=user.email,
        mailbox=user.email if user.is_email_verified or is_mailbox_proved else "",
        phone=user.phone,
        tombstone=f"erased-{user.public_id}@{ERASED_HOST}",
    )


def newest_export(user: User) -> DataExport:
    """Raises ExportNotFound if none was asked for."""
    export = DataExport.objects.filter(user=user).order_by("-pk").first()
    if export is None:
        raise ExportNotFound
    return export


def live_sessions(user: User) -> QuerySet[UserSession]:
    """The devices that somebody is signed in on, the one used last first."""
    return UserSession.objects.live(timezone.now()).filter(user=user).order_by("-last_activity_at", "-pk")


def count_sessions(user: User) -> tuple[int, int]:
    """How many sessions are live, and how many are kept in all."""
    return live_sessions(user).count(), UserSession.objects.filter(user=user).count()


def addresses_of(user: User) -> QuerySet[Address]:
    return Address.objects.filter(user=user).order_by("kind", "-is_default", "-pk")


@dataclass(frozen=True, slots=True)
class AttemptsOfDay:
    """How often, on a day of the shop's own time, somebody was let in, refused, locked out."""

    date: date
    successes: int
    refusals: int
    lockouts: int


def attempts_by_day(*, days: int) -> list[AttemptsOfDay]:
    """The last days, today included, oldest first; a day without attempts is there with zeros."""
    zone = ZoneInfo(settings.SHOP_TIME_ZONE)
    first = timezone.localdate(timezone=zone) - timedelta(days=days - 1)
    locked = Q(reason=TooManyAttempts.code)
    counted = (
        SecurityAttempt.objects.filter(created_at__gte=datetime.combine(first, time.min, zone))
        .annotate(day=TruncDate("created_at", tzinfo=zone))
        .values("day")
        .annotate(
            successes=Count("pk", filter=Q(is_success=True)),
            refusals=Count("pk", filter=Q(is_success=False) & ~locked),
            lockouts=Count("pk", filter=locked),
        )
        .values_list("day", "successes", "refusals", "lockouts")
    )
    known = {day: AttemptsOfDay(day, *counts) for day, *counts in counted}
    return [known.get(day, AttemptsOfDay(day, 0, 0, 0)) for day in (first + timedelta(n) for n in range(days))]


def customers() -> QuerySet[User]:
    """Everybody who is not staff, the newest first."""
    people = User.objects.filter(is_staff=False, is_superuser=False)
    return people.prefetch_related("store_memberships").order_by("-pk")
