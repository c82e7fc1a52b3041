from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.common.models import PublicModel
from apps.common.money import Money


class ShippingZone(models.Model):
    """Countries that a method serves."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    countries = ArrayField(
        models.CharField(max_length=2), help_text="ISO 3166-1 alpha-2; empty means everywhere else.", blank=True
    )

    def __str__(self) -> str:
        return self.name


class ShippingMethod(PublicModel):
    """A way to send an order, at a flat rate."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    zone = models.ForeignKey(ShippingZone, on_delete=models.PROTECT, related_name="methods")
    price_amount = models.DecimalField(max_digits=19, decimal_places=4)
    free_over_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    min_days = models.PositiveSmallIntegerField(default=1)
    max_days = models.PositiveSmallIntegerField(default=5)
    is_pickup = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="shipping_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    def price_for(self, subtotal: Money) -> Money:
        """The flat rate, or nothing once the goods are worth `free_over_amount`."""
        is_free = self.free_over_amount is not None and subtotal.amount >= self.free_over_amount
        return Money.zero(self.currency) if is_free else Money(self.price_amount, self.currency)


class TaxRate(models.Model):
    """What a country adds to a class of goods, in percent, on top of the price."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2)
    tax_class = models.CharField(max_length=20, default="standard")
    percent = models.DecimalField(max_digits=6, decimal_places=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "tax_class"], name="tax_rate_once_per_country_and_class"),
            models.CheckConstraint(condition=Q(percent__gte=0) & Q(percent__lte=100), name="tax_percent_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.percent} %"
