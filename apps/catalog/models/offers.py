"""Lower prices for a time."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from apps.catalog.models.products import ProductVariant
from apps.common.history import keep_history
from apps.common.models import PublicModel
from apps.common.money import Money


class OfferQuerySet(models.QuerySet["Offer"]):
    """By the clock of the database."""

    def not_over(self) -> OfferQuerySet:
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=Now()))

    def running(self) -> OfferQuerySet:
        return self.not_over().filter(starts_at__lte=Now())


@keep_history(indexed_by="variant")
class Offer(PublicModel):
    """A lower price for a variant from one moment on, until another or until staff end it; one at a time.

    That it is lower than the regular price is kept by a trigger (`offer_below_price`) on this table and the variants'.
    """

    variant = models.ForeignKey(ProductVariant, on_delete=models.CASCADE, related_name="offers")
    price_amount = models.DecimalField(max_digits=19, decimal_places=4)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="offer_price_not_negative"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="offer_ends_after_it_starts"
            ),
            ExclusionConstraint(
                name="offer_one_at_a_time",
                expressions=[("variant", "="), (Func("starts_at", "ends_at", function="tstzrange"), "&&")],
            ),
        ]

    def __str__(self) -> str:
        return f"Offer of {self.variant_id}"

    @property
    def price(self) -> Money:
        """In the variant's currency."""
        return Money(self.price_amount, self.variant.currency)

    def is_running_at(self, now: datetime) -> bool:
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)
