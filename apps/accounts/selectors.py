"""What people and staff read of accounts."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import Address, User, UserSession, normalise_email


def find_user(email: str) -> User | None:
    return User.objects.filter(email=normalise_email(email)).first()


def live_sessions(user: User) -> QuerySet[UserSession]:
    """The devices that somebody is signed in on, the one used last first."""
    return UserSession.objects.live(timezone.now()).filter(user=user).order_by("-last_activity_at", "-pk")


def count_sessions(user: User) -> tuple[int, int]:
    """How many sessions are live, and how many are kept in all."""
    return live_sessions(user).count(), UserSession.objects.filter(user=user).count()


def addresses_of(user: User) -> QuerySet[Address]:
    return Address.objects.filter(user=user).order_by("kind", "-is_default", "-pk")
