from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.common.models import PublicModel


class Channel(models.TextChoices):
    EMAIL = "email"


class MessageStatus(models.TextChoices):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class Message(PublicModel):
    """One message to one person, rendered when it was queued; `dedupe_key` makes a second telling impossible."""

    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    recipient = models.CharField(max_length=254)
    template = models.CharField(max_length=60)
    language = models.CharField(max_length=2)
    dedupe_key = models.CharField(max_length=200, unique=True)
    order_number = models.CharField(max_length=20, blank=True, db_index=True)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    status = models.CharField(max_length=8, choices=MessageStatus, default=MessageStatus.QUEUED)
    error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=MessageStatus.values), name="message_status_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="message_channel_known"),
        ]

    def __str__(self) -> str:
        return f"{self.template} to {self.recipient}"
