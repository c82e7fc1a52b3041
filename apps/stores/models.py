from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.models import PublicModel


class Store(PublicModel):
    """Somebody who sells; prices are kept in its base currency."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True, help_text="Where new orders are announced.")
    base_currency = models.CharField(max_length=3, default="USD")
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_awaiting_opening = models.BooleanField(
        "waits to be opened",
        default=False,
        db_default=False,
        help_text="A customer has opened it, and staff have not decided yet.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_active=False) | Q(is_awaiting_opening=False), name="store_awaiting_is_closed"
            ),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="store_one_default"),
        ]

    def __str__(self) -> str:
        return self.name


class StoreRole(models.TextChoices):
    OWNER = "owner"
    MANAGER = "manager"
    CLERK = "clerk"


class StoreAction(models.TextChoices):
    """What somebody may want to do in a store."""

    LOOK = "look"
    SELL = "sell"  # its products, stock and order lines
    RUN = "run"  # what the store says of itself, and who works there


MAY: dict[str, set[str]] = {
    StoreRole.OWNER: {StoreAction.LOOK, StoreAction.SELL, StoreAction.RUN},
    StoreRole.MANAGER: {StoreAction.LOOK, StoreAction.SELL},
    StoreRole.CLERK: {StoreAction.LOOK},
}


class StoreMember(PublicModel):
    """A person's role in a store."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="store_memberships")
    role = models.CharField(max_length=10, choices=StoreRole, default=StoreRole.CLERK)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "user"], name="store_member_once"),
            models.CheckConstraint(condition=Q(role__in=StoreRole.values), name="store_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.store}"


class StoreInvitation(PublicModel):
    """An owner wants the person with this address in the store; it is for that person to accept."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=StoreRole)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "email"], name="store_invitation_once"),
            models.CheckConstraint(condition=Q(role__in=StoreRole.values), name="store_invitation_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.store}"
