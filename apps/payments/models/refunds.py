"""Money on its way back, and the units that it is for."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from apps.common.models import PublicModel, TimeStampedModel
from apps.common.money import Money
from apps.orders.models import Order, OrderLine
from apps.payments.models.payments import Payment


class RefundStatus(models.TextChoices):
    QUEUED = "queued"  # decided; the provider has not confirmed that it knows
    PENDING = "pending"  # the provider works on it
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the money is still with us; a case is open


class OrderRefund(PublicModel):
    """What staff decided to give back of an order: one refund for each payment that it is taken from.

    `amount` is in the order's currency, and so are its lines; without lines it is only an amount. A decision for all
    that is left names the units that were still to be sent.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="order_refunds")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=40)
    is_restocked = models.BooleanField(default=False, help_text="Its units went back on the shelf.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="order_refund_amount_positive")]

    def __str__(self) -> str:
        return f"{self.money} of {self.order_id}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class Refund(PublicModel):
    """Money on its way back to the customer; its public id is the provider's idempotency key."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    order_refund = models.ForeignKey(
        OrderRefund,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        help_text="The decision about its order that it is a part of; empty if it is about its payment alone.",
    )
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    order_amount = models.DecimalField(
        max_digits=19,
        decimal_places=4,
        default=Decimal(0),
        help_text="What it takes back of the money that counted, in the order's currency.",
    )
    is_excess = models.BooleanField(default=False, help_text="The order had no use for this money.")
    status = models.CharField(max_length=10, choices=RefundStatus, default=RefundStatus.QUEUED)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=40)
    provider_reference = models.CharField(max_length=255, blank=True)
    failure_message = models.CharField(max_length=300, blank=True)
    sent_date = models.DateField(null=True, blank=True, help_text="When staff sent it by hand, in Caracas.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, order_amount__gte=0), name="refund_amount_positive"),
            models.CheckConstraint(condition=Q(status__in=RefundStatus.values), name="refund_status_known"),
            models.UniqueConstraint(
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
                name="refund_provider_reference_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Refund of {self.money}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class RefundLine(TimeStampedModel):
    """Units of an order line whose price went back, and that price; they count unless all of its refunds failed.

    Some were given up, as they had not been sent yet, others had been sent. The rest, if any, were given up by an
    earlier decision whose refunds failed.
    """

    order_refund = models.ForeignKey(OrderRefund, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="refund_lines")
    quantity = models.PositiveIntegerField()
    given_up_quantity = models.PositiveIntegerField(default=0, db_default=0)
    sent_quantity = models.PositiveIntegerField(default=0, db_default=0)
    amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_refund", "order_line"], name="refund_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0, amount__gte=0), name="refund_line_sane"),
            models.CheckConstraint(
                condition=Q(given_up_quantity__lte=F("quantity") - F("sent_quantity")),
                name="refund_line_units_given_up_or_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_line_id}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.order_refund.currency)
