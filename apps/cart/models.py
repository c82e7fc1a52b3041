from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.catalog.models import ProductVariant
from apps.common.models import PublicModel


class CartStatus(models.TextChoices):
    ACTIVE = "active"
    CONVERTED = "converted"  # became an order
    MERGED = "merged"  # a guest's, poured into the person's own at login


class Cart(PublicModel):
    """One person's or one guest's cart. A guest is known by an opaque token of which only the hash is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="carts"
    )
    token_hash = models.CharField(max_length=64, null=True, blank=True, unique=True)
    status = models.CharField(max_length=10, choices=CartStatus, default=CartStatus.ACTIVE)
    currency = models.CharField(max_length=3, default="USD")
    version = models.PositiveIntegerField(default=0, help_text="Grows with every change of the items.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(status="active"), name="cart_one_active_per_user"),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(token_hash__isnull=False), name="cart_belongs_to_somebody"
            ),
            models.CheckConstraint(condition=Q(status__in=CartStatus.values), name="cart_status_known"),
        ]

    def __str__(self) -> str:
        return f"Cart {self.public_id}"


class CartItem(PublicModel):
    """So many units of a variant; `seen_price_amount` is what the shopper saw when the item was last put or changed."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    variant = models.ForeignKey(ProductVariant, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    seen_price_amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_item_once_per_variant"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cart_item_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"
