from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.catalog.models import MOST_STARS, Product
from apps.common.models import PublicModel

TITLE_LENGTH, COMMENT_LENGTH, REPLY_LENGTH, REASON_LENGTH = 120, 4000, 2000, 300


class ReviewStatus(models.TextChoices):
    PENDING = "pending"  # staff have not looked at it
    APPROVED = "approved"
    REJECTED = "rejected"


class Review(PublicModel):
    """What one person says of one product; plain text, to be shown as such.

    `is_shown` decides what shoppers read and what counts. Of a pending one it is what REVIEWS_SHOW_UNMODERATED said
    when it was written.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="reviews")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviews")
    rating = models.PositiveSmallIntegerField(help_text="One to five stars.")
    title = models.CharField(max_length=TITLE_LENGTH, blank=True)
    comment = models.TextField(max_length=COMMENT_LENGTH, blank=True)
    status = models.CharField(max_length=10, choices=ReviewStatus, default=ReviewStatus.PENDING)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, help_text="Why it was rejected, for its author.")
    is_shown = models.BooleanField(default=False)
    reply = models.TextField(max_length=REPLY_LENGTH, blank=True, help_text="The shop's.")
    replied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "author"], name="review_once_per_person"),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=MOST_STARS), name="review_rating_in_stars"),
            models.CheckConstraint(condition=Q(status__in=ReviewStatus.values), name="review_status_known"),
            models.CheckConstraint(
                condition=~Q(status="approved", is_shown=False) & ~Q(status="rejected", is_shown=True),
                name="review_shown_as_decided",
            ),
            models.CheckConstraint(condition=Q(status="rejected") ^ Q(reason=""), name="review_rejected_for_a_reason"),
            models.CheckConstraint(
                condition=Q(reply="", replied_at=None) | ~Q(reply="") & Q(replied_at__isnull=False),
                name="review_reply_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["product", "-id"], condition=Q(is_shown=True), name="review_shown"),
            models.Index(fields=["id"], condition=Q(status="pending"), name="review_pending"),
        ]

    def __str__(self) -> str:
        return f"{self.rating} of {MOST_STARS} for {self.product}"
