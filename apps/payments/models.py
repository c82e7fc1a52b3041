"""Payments (one attempt each), refunds, the webhook inbox, and cases that need a person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.common.models import PublicModel, TimeStampedModel
from apps.common.money import Money
from apps.orders.models import Order


class PaymentStatus(models.TextChoices):
    CREATED = "created"  # intention saved; the provider may or may not know of it
    PENDING = "pending"  # the provider waits for the customer, or staff for the money
    PROCESSING = "processing"  # the provider works on it; the hold stays
    FAILED = "failed"  # the last try failed; money may still come
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"
    NEEDS_REVIEW = "needs_review"  # money came that does not fit; a case is open


# Forward only. Success may follow anything but itself: a provider's truth is never refused, only judged.
NEXT_PAYMENT_STATUSES: dict[str, set[str]] = {
    PaymentStatus.CREATED: {"pending", "processing", "failed", "succeeded", "cancelled", "needs_review"},
    PaymentStatus.PENDING: {"processing", "failed", "succeeded", "cancelled", "needs_review"},
    PaymentStatus.PROCESSING: {"failed", "succeeded", "cancelled", "needs_review"},
    PaymentStatus.FAILED: {"processing", "succeeded", "cancelled", "needs_review"},
    PaymentStatus.CANCELLED: {"succeeded", "needs_review"},
    PaymentStatus.NEEDS_REVIEW: {"succeeded"},  # staff had mistyped what came
    PaymentStatus.SUCCEEDED: set(),
}
LIVE_PAYMENTS = [PaymentStatus.CREATED, PaymentStatus.PENDING, PaymentStatus.PROCESSING]
_REACHABLE = Q(status__in=LIVE_PAYMENTS) | Q(status=PaymentStatus.FAILED) & ~Q(provider_reference="")


class PaymentQuerySet(models.QuerySet["Payment"]):
    def reachable(self) -> PaymentQuerySet:
        """Those with which the customer can still pay: live ones, and a declined one that the provider keeps open."""
        return self.filter(_REACHABLE)


class Payment(PublicModel):
    """One attempt to pay an order through one provider: amount, currency and reference never change.

    `reference` is ours, unique for ever, and the provider's idempotency key; `provider_reference` is its name at the
    provider. `captured_amount` is what the provider says it took, `refunded_amount` what went or is going back.
    `pays_order` marks the one payment whose money bought the goods; any other success is given back.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=30)
    reference = models.CharField(max_length=60, unique=True)
    provider_reference = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=14, choices=PaymentStatus, default=PaymentStatus.CREATED)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    captured_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    refunded_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    failure_code = models.CharField(max_length=80, blank=True)
    failure_message = models.CharField(max_length=300, blank=True)
    provider_answer = models.JSONField(default=dict, blank=True, help_text="The provider's last word, masked.")
    succeeded_at = models.DateTimeField(null=True, blank=True)
    pays_order = models.BooleanField(default=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(pays_order=True), name="payment_one_pays_the_order"),
            models.CheckConstraint(
                condition=Q(pays_order=False) | Q(status="succeeded"), name="payment_pays_only_when_succeeded"
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="payment_provider_reference_once",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status__in=["created", "pending", "processing"]),
                name="payment_one_live_per_order",
            ),
            models.CheckConstraint(condition=Q(status__in=PaymentStatus.values), name="payment_status_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("captured_amount")),
                name="payment_refunds_within_captures",
            ),
        ]
        indexes = [
            models.Index(
                fields=["updated_at"], condition=Q(status__in=["created", "pending", "processing"]), name="payment_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.reference}"

    def can_become(self, status: str) -> bool:
        return status in NEXT_PAYMENT_STATUSES[self.status]

    @property
    def is_judged(self) -> bool:
        """Its money has come, and what becomes of it has been decided."""
        return self.status in {PaymentStatus.SUCCEEDED, PaymentStatus.NEEDS_REVIEW}

    def update(self, **changes: Any) -> None:
        """Write these columns and the time of the change; the caller holds the row's lock."""
        Payment.objects.filter(pk=self.pk).update(updated_at=Now(), **changes)
        for name, value in changes.items():
            setattr(self, name, value)

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def captured(self) -> Money:
        return Money(self.captured_amount, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_amount, self.currency)

    @property
    def refundable(self) -> Money:
        return self.captured - self.refunded


class RefundStatus(models.TextChoices):
    QUEUED = "queued"  # decided; the provider has not confirmed that it knows
    PENDING = "pending"  # the provider works on it
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the money is still with us; a case is open


class Refund(PublicModel):
    """Money on its way back to the customer; its public id is the provider's idempotency key."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=RefundStatus, default=RefundStatus.QUEUED)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=40)
    provider_reference = models.CharField(max_length=255, blank=True)
    failure_message = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(condition=Q(status__in=RefundStatus.values), name="refund_status_known"),
            models.UniqueConstraint(
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
                name="refund_provider_reference_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Refund {self.money} of {self.payment_id}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class WebhookStatus(models.TextChoices):
    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"  # genuine, and nothing to us
    DEFERRED = "deferred"  # its object is not known here yet


class WebhookEvent(TimeStampedModel):
    """A provider's message exactly as it came; only genuine ones are stored, each once."""

    provider = models.CharField(max_length=30)
    dedupe_key = models.CharField(max_length=255)
    event_type = models.CharField(max_length=100)
    object_id = models.CharField(
        max_length=255, blank=True, help_text="The provider's name of the payment it is about."
    )
    reference = models.CharField(max_length=255, blank=True, help_text="Our reference, where the message carries it.")
    api_version = models.CharField(max_length=40, blank=True)
    is_live = models.BooleanField(default=False)
    raw_body = models.BinaryField()
    status = models.CharField(max_length=10, choices=WebhookStatus, default=WebhookStatus.RECEIVED)
    verdict = models.CharField(max_length=300, blank=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "dedupe_key"], name="webhook_event_once"),
            models.CheckConstraint(condition=Q(status__in=WebhookStatus.values), name="webhook_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_type} {self.dedupe_key}"


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
