"""The webhook inbox."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.common.models import TimeStampedModel


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
    capture_reference = models.CharField(
        max_length=255, blank=True, help_text="The provider's name of the money that it is about."
    )
    customer_reference = models.CharField(
        max_length=255, blank=True, db_default="", help_text="The provider's name of the person whose cards changed."
    )
    reference = models.CharField(max_length=255, blank=True, help_text="Our reference, where the message carries it.")
    api_version = models.CharField(max_length=40, blank=True)
    expected_api_version = models.CharField(
        max_length=40, blank=True, db_default="", help_text="What our adapter was written for, when the message came."
    )
    is_live = models.BooleanField(default=False)
    raw_body = models.BinaryField()
    signature_headers = models.JSONField(
        default=dict, help_text="By which its signature is checked, should it have to be read again; no others."
    )
    status = models.CharField(max_length=10, choices=WebhookStatus, default=WebhookStatus.RECEIVED)
    verdict = models.CharField(max_length=300, blank=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "dedupe_key"], name="webhook_event_once"),
            models.CheckConstraint(condition=Q(status__in=WebhookStatus.values), name="webhook_status_known"),
        ]
        indexes = [
            models.Index(
                fields=["provider", "status", "created_at"],
                condition=Q(status__in=["received", "deferred"]),
                name="webhook_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_type} {self.dedupe_key}"

    @property
    def has_drifted(self) -> bool:
        """The provider speaks another version of its language than our adapter was written for."""
        return bool(self.expected_api_version) and self.api_version != self.expected_api_version
