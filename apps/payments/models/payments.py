"""Payments: one attempt each to bring money to an order, whole or a part of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.common.models import PublicModel
from apps.common.money import Money
from apps.fx_rates.models import ExchangeQuote
from apps.orders.models import Order
from apps.payments.models.saved import SavedMethod


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
REJECTED_BY_STAFF = "rejected_by_staff"  # a failure code: they looked for the money, and it is not there
LIVE_PAYMENTS = [PaymentStatus.CREATED, PaymentStatus.PENDING, PaymentStatus.PROCESSING]
_REACHABLE = Q(status__in=LIVE_PAYMENTS) | Q(status=PaymentStatus.FAILED) & ~Q(provider_reference="")


class PaymentQuerySet(models.QuerySet["Payment"]):
    def reachable(self) -> PaymentQuerySet:
        """Those with which the customer can still pay: live ones, and a declined one that the provider keeps open."""
        return self.filter(_REACHABLE)


class Payment(PublicModel):
    """One attempt to pay an order, or a part of it, through one provider: what is asked never changes.

    `order_amount` is the part of the order's total that it is to pay, in the order's currency; `amount` and `currency`
    are what the customer is asked for, by `quote` where that is another currency. `reference` is ours, unique for ever,
    and the provider's idempotency key; `provider_reference` is its name at the provider, `capture_reference` the name
    of the money it took. `captured_amount` is what the provider says it took, `refunded_amount` what went or is going
    back, both in `currency`. `counted_amount`, in the order's currency, is what bought goods; the rest is given back.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=30)
    reference = models.CharField(max_length=60, unique=True)
    provider_reference = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=14, choices=PaymentStatus, default=PaymentStatus.CREATED)
    capture_reference = models.CharField(max_length=255, blank=True)
    order_amount = models.DecimalField(max_digits=19, decimal_places=4)
    order_currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    quote = models.ForeignKey(ExchangeQuote, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    saved_method = models.ForeignKey(
        SavedMethod,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        help_text="The card that is charged; empty if the customer brings one.",
    )
    captured_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    refunded_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    counted_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    fee_amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, help_text="What the provider kept, once it says so."
    )
    return_url = models.CharField(max_length=500, blank=True, help_text="Where the storefront wants its customer back.")
    page_url = models.CharField(
        max_length=500, blank=True, help_text="The page at the provider to which the customer was sent."
    )
    failure_code = models.CharField(max_length=80, blank=True)
    declines = models.PositiveSmallIntegerField(db_default=0, default=0, help_text="How often a capture was declined.")
    failure_message = models.CharField(max_length=300, blank=True)
    provider_answer = models.JSONField(default=dict, blank=True, help_text="The provider's last word, masked.")
    succeeded_at = models.DateTimeField(null=True, blank=True)
    refunding_until = models.DateTimeField(
        null=True, blank=True, help_text="A worker sends one of its refunds; if it dies, another may from then on."
    )

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(counted_amount=0) | Q(counted_amount__gt=0, status="succeeded"),
                name="payment_counts_only_when_succeeded",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="payment_provider_reference_once",
            ),
            models.UniqueConstraint(
                fields=["order", "provider"],
                condition=Q(status__in=["created", "pending", "processing"]),
                name="payment_one_live_per_order_and_provider",
            ),
            models.CheckConstraint(condition=Q(status__in=PaymentStatus.values), name="payment_status_known"),
            models.CheckConstraint(condition=Q(amount__gt=0, order_amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("captured_amount")),
                name="payment_refunds_within_captures",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="payment_by_time"),
            models.Index(
                fields=["provider", "capture_reference"],
                condition=~Q(capture_reference=""),
                name="payment_by_capture",
            ),
            models.Index(
                fields=["updated_at"], condition=Q(status__in=["created", "pending", "processing"]), name="payment_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider.replace('_', ' ')} {self.reference}"

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
    def part(self) -> Money:
        """What of the order's total it is to pay."""
        return Money(self.order_amount, self.order_currency)

    @property
    def counted(self) -> Money:
        return Money(self.counted_amount, self.order_currency)

    @property
    def fee(self) -> Money | None:
        return None if self.fee_amount is None else Money(self.fee_amount, self.currency)

    @property
    def captured(self) -> Money:
        return Money(self.captured_amount, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_amount, self.currency)

    @property
    def refundable(self) -> Money:
        return self.captured - self.refunded
