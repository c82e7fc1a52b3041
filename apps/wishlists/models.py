from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.catalog.models import Product, ProductVariant
from apps.common.models import PublicModel
from apps.common.money import Money

NAME_LENGTH, NOTE_LENGTH = 80, 300


class Privacy(models.TextChoices):
    PRIVATE = "private"
    BY_LINK = "by_link", "Whoever has a link"


class Wishlist(PublicModel):
    """Things that a person keeps for later. The default one, the favourites, is made when it is first needed."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wishlists")
    name = models.CharField(max_length=NAME_LENGTH)
    is_default = models.BooleanField(default=False)
    privacy = models.CharField(max_length=10, choices=Privacy, default=Privacy.PRIVATE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(is_default=True), name="wishlist_one_default_per_person"
            ),
            models.CheckConstraint(condition=Q(privacy__in=Privacy.values), name="wishlist_privacy_known"),
        ]

    def __str__(self) -> str:
        return self.name


class WishlistItem(PublicModel):
    """A product, or one variant of it, with what it cost when it was put there; the note is its owner's alone."""

    wishlist = models.ForeignKey(Wishlist, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(ProductVariant, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    added_amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["wishlist", "product", "variant"], nulls_distinct=False, name="wishlist_item_once_per_list"
            ),
            models.CheckConstraint(condition=Q(added_amount__gte=0), name="wishlist_item_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} on {self.wishlist_id}"

    @property
    def added_price(self) -> Money:
        return Money(self.added_amount, self.currency)


class WishlistShare(PublicModel):
    """A link by which others read a list until it ends. Of its token only the hash is kept."""

    wishlist = models.ForeignKey(Wishlist, on_delete=models.CASCADE, related_name="shares")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    shows_notes = models.BooleanField(default=False)
    opened_count = models.PositiveIntegerField(default=0)
    last_opened_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Link to {self.wishlist_id}"


class AlertKind(models.TextChoices):
    PRICE_DROP = "price_drop"
    BACK_IN_STOCK = "back_in_stock"


class AlertStatus(models.TextChoices):
    WAITING = "waiting"
    TOLD = "told"  # it was about the stock, and is over
    ENDED = "ended"  # by the person


class PriceAlert(PublicModel):
    """Something that a person has asked to be told of a product, or of one variant of it.

    `asked_amount` is what it cost then. A price drop is told when it costs less than that and than what was told last,
    and no more than the target, if there is one; so it waits on, for the next lower price. That goods are back is told
    once. `told_count` names each telling.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="price_alerts")
    kind = models.CharField(max_length=14, choices=AlertKind)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(ProductVariant, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=7, choices=AlertStatus, default=AlertStatus.WAITING)
    currency = models.CharField(max_length=3)
    asked_amount = models.DecimalField(max_digits=19, decimal_places=4)
    target_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    told_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    told_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "product", "variant"], nulls_distinct=False, name="price_alert_once_per_thing"
            ),
            models.CheckConstraint(condition=Q(kind__in=AlertKind.values), name="price_alert_kind_known"),
            models.CheckConstraint(condition=Q(status__in=AlertStatus.values), name="price_alert_status_known"),
            models.CheckConstraint(
                condition=Q(kind="price_drop") & ~Q(status="told")
                | Q(kind="back_in_stock", target_amount=None, told_amount=None),
                name="price_alert_only_prices_have_amounts",
            ),
            models.CheckConstraint(
                condition=Q(target_amount=None) | Q(target_amount__gt=0, target_amount__lt=F("asked_amount")),
                name="price_alert_target_below_price",
            ),
            models.CheckConstraint(
                condition=Q(told_amount=None) | Q(told_amount__lt=F("asked_amount")), name="price_alert_told_of_a_drop"
            ),
            models.CheckConstraint(
                condition=Q(told_count=0, told_at=None) | Q(told_count__gt=0, told_at__isnull=False),
                name="price_alert_told_at_some_time",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(status="waiting"), name="price_alert_waiting")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.product_id}"

    @property
    def has_ended(self) -> bool:
        """The person wants no more of it, also not what is on its way."""
        return self.status == AlertStatus.ENDED

    @property
    def asked_price(self) -> Money:
        return Money(self.asked_amount, self.currency)

    @property
    def target_price(self) -> Money | None:
        return self._money(self.target_amount)

    @property
    def told_price(self) -> Money | None:
        return self._money(self.told_amount)

    def _money(self, amount: Decimal | None) -> Money | None:
        return None if amount is None else Money(amount, self.currency)
