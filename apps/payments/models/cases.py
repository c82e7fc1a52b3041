"""What a person must look at, and what customers' banks dispute."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.models import PublicModel
from apps.common.money import Money
from apps.payments.models.payments import Payment


class CaseKind(models.TextChoices):
    WRONG_AMOUNT = "wrong_amount", "The amount or currency is not the order's"
    UNITS_GONE = "units_gone", "Paid late, and the units are gone"
    REFUND_FAILED = "refund_failed", "A refund did not go through"
    REFUND_BY_HAND = "refund_by_hand", "A refund must be sent by hand"
    DISPUTED = "disputed", "The customer's bank disputes the charge"
    UNKNOWN_OBJECT = "unknown_object", "A provider speaks of something we do not know"


class Case(PublicModel):
    """Something about money that a person must look at; opened once per payment and kind."""

    kind = models.CharField(max_length=20, choices=CaseKind)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="cases")
    summary = models.CharField(max_length=300)
    resolution = models.CharField(max_length=300, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "kind"], condition=Q(resolved_at=None), name="case_open_once_per_payment_and_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=CaseKind.values), name="case_kind_known"),
        ]

    def __str__(self) -> str:
        return self.summary


class DisputeStatus(models.TextChoices):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Dispute(PublicModel):
    """A charge that the customer's bank, or the provider, wants back; while open, and when lost, its money is gone."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    provider_reference = models.CharField(max_length=255)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=4, choices=DisputeStatus, default=DisputeStatus.OPEN)
    reason = models.CharField(max_length=100, blank=True)
    respond_by = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "provider_reference"], name="dispute_once"),
            models.CheckConstraint(condition=Q(status__in=DisputeStatus.values), name="dispute_status_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"Dispute over {self.money} of {self.payment_id}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)
