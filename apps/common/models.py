from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now

from apps.common.ids import new_id


class TimeStampedModel(models.Model):
    """When the database first and last saw the row; `updated_at` is set by whoever updates."""

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


class PublicModel(TimeStampedModel):
    """A row that is named outside the building; the integer key never leaves it."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)

    class Meta:
        abstract = True


class Counter(models.Model):
    """How often something happened in a window of time; `common.limits` is the only one to write here."""

    key = models.CharField(max_length=400, primary_key=True)
    used = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ends_at"])]

    def __str__(self) -> str:
        return f"{self.key}: {self.used}"


class IdempotencyRecord(models.Model):
    """One caller's unsafe request and what it was answered, so that the same request again changes nothing.

    `resource` names what the request made and is written in the same transaction as the thing itself: after a crash
    between that commit and the answer, a repetition finds the thing instead of making a second one.
    """

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    resource = models.CharField(max_length=120, blank=True, default="", db_default="")
    response_status = models.PositiveSmallIntegerField(null=True)
    response_body = models.JSONField(null=True)
    leased_until = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_caller_key_once")]
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"

    @property
    def is_answered(self) -> bool:
        return self.response_status is not None

    def answer(self) -> tuple[int, Any]:
        """Status and JSON body of the first answer; only for an answered record."""
        if self.response_status is None:
            raise ValueError("the first request is still running")
        return self.response_status, self.response_body
