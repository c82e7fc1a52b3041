"""Who somebody is at a provider, and the cards that he has left there: enough to recognise them, never the number."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.models import PublicModel, TimeStampedModel


class ProviderCustomer(TimeStampedModel):
    """A person's name at a provider that keeps cards for the next time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=30)
    provider_reference = models.CharField(max_length=255)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "provider"], name="provider_customer_once_per_user"),
            models.UniqueConstraint(fields=["provider", "provider_reference"], name="provider_customer_is_one_user"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.provider_reference}"


class SavedMethod(PublicModel):
    """A card that its owner may pay with again. A forgotten one stays, for the payments that were made with it."""

    customer = models.ForeignKey(ProviderCustomer, on_delete=models.PROTECT, related_name="methods")
    provider_reference = models.CharField(max_length=255)
    brand = models.CharField(max_length=30)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    is_default = models.BooleanField(default=False)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "provider_reference"], name="saved_method_once"),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_default=True), name="saved_method_one_default_per_customer"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(forgotten_at=None), name="saved_method_forgotten_is_no_default"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.last4}"
