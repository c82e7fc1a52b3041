from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.catalog.models import ProductVariant
from apps.common.models import PublicModel, TimeStampedModel
from apps.stores.models import Store


class StockLocation(PublicModel):
    """A shop floor or warehouse of a store."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="stock_locations")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "code"], name="stock_location_code_once_per_store")]

    def __str__(self) -> str:
        return self.name


class StockItem(PublicModel):
    """Units of one variant at one location: `reserved` is held for unpaid orders, `committed` waits to be shipped."""

    variant = models.ForeignKey(ProductVariant, on_delete=models.PROTECT, related_name="stock_items")
    location = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="stock_items")
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    committed = models.PositiveIntegerField(default=0)
    low_stock_threshold = models.PositiveIntegerField(default=5)
    low_told_at = models.DateTimeField(
        null=True, blank=True, help_text="When the store heard that few are left; empty again once more have come."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="stock_item_once_per_variant_and_location"),
            models.CheckConstraint(
                condition=Q(on_hand__gte=F("reserved") + F("committed")), name="stock_never_oversold"
            ),
        ]
        # No index finds what has just run low: one over the counters would make each sale dearer than the scan is.
        indexes = [
            models.Index(fields=["low_told_at"], condition=Q(low_told_at__isnull=False), name="stock_told_to_be_low"),
        ]

    def __str__(self) -> str:
        return f"{self.variant} at {self.location}"

    @property
    def free(self) -> int:
        """Units that nobody has been promised; held units whose payment window is over are not counted here."""
        return self.on_hand - self.reserved - self.committed


class ReservationStatus(models.TextChoices):
    RESERVED = "reserved"  # held until `expires_at`
    COMMITTED = "committed"  # paid, waits to be shipped
    SHIPPED = "shipped"
    RELEASED = "released"


NEXT_RESERVATION_STATUSES: dict[str, set[str]] = {
    ReservationStatus.RESERVED: {ReservationStatus.COMMITTED, ReservationStatus.RELEASED},
    ReservationStatus.COMMITTED: {ReservationStatus.SHIPPED, ReservationStatus.RELEASED},
    ReservationStatus.SHIPPED: set(),
    ReservationStatus.RELEASED: set(),
}


class Reservation(TimeStampedModel):
    """Units that one order line has been promised: a hold or a commitment, never both, because it is one row.

    `line_id` is the order line's public id; orders live above and are not imported. Beside its one promise a line may
    have rows for units that left in earlier parcels, were given up, or were held before.
    """

    line_id = models.UUIDField()
    stock_item = models.ForeignKey(StockItem, on_delete=models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=ReservationStatus, default=ReservationStatus.RESERVED)
    expires_at = models.DateTimeField(null=True, help_text="Empty: held until somebody decides.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["line_id"],
                condition=Q(status__in=["reserved", "committed"]),
                name="reservation_one_promise_per_line",
            ),
            models.CheckConstraint(condition=Q(status__in=ReservationStatus.values), name="reservation_status_known"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_holds_something"),
        ]
        indexes = [
            models.Index(fields=["line_id"]),
            models.Index(
                fields=["stock_item", "expires_at"], condition=Q(status="reserved"), name="reservation_expiring"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} units {self.status}"


class MovementReason(models.TextChoices):
    RECEIPT = "receipt"
    CORRECTION = "correction"
    SHIPMENT = "shipment"
    RETURN = "return"


class StockMovement(models.Model):
    """One change of `on_hand`: who, when, why, how much. Rows are only ever added."""

    stock_item = models.ForeignKey(StockItem, on_delete=models.PROTECT, related_name="movements")
    delta = models.IntegerField()
    reason = models.CharField(max_length=12, choices=MovementReason)
    note = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty when the shop itself did it.",
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(delta=0), name="movement_moves_something"),
            models.CheckConstraint(condition=Q(reason__in=MovementReason.values), name="movement_reason_known"),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+d} {self.reason}"
