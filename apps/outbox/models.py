from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class OutboxMessage(models.Model):
    """One announced event, as facts; it never changes."""

    event_type = models.CharField(max_length=80)
    payload = models.JSONField()
    aggregate = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return f"{self.event_type} #{self.pk}"


class DeliveryStatus(models.TextChoices):
    PENDING = "pending"
    DONE = "done"
    DEAD = "dead", "Dead letter"


class Delivery(models.Model):
    """One event on its way to one handler."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=80)
    aggregate = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=8, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(
        db_default=Now(), help_text="Not tried before; while somebody works on it, the end of his lease."
    )
    last_error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["message", "handler"], name="delivery_once_per_message_and_handler"),
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="delivery_status_known"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(status="pending"), name="delivery_due_in_order"),
            models.Index(
                fields=["handler", "aggregate", "id"], condition=Q(status="pending"), name="delivery_order_of_aggregate"
            ),
            models.Index(fields=["handler"], condition=Q(status="dead"), name="delivery_dead_letters"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.handler}"
