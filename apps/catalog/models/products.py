"""Products and their variants, as staff keep them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.catalog.models.shelves import Category, ProductType, Tag
from apps.common.history import keep_history
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.stores.models import Store

MOST_STARS = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ProductStatus(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


@keep_history(indexed_by="pgh_obj")
class Product(PublicModel):
    """Something with a name that a store sells in one or more variants."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="products")
    product_type = models.ForeignKey(ProductType, on_delete=models.PROTECT, related_name="products")
    slug = models.SlugField(max_length=140, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    specifications = models.JSONField(
        default=list, db_default=[], blank=True, help_text="Labels with values, in their order."
    )
    seo_title = models.CharField("title for search engines", max_length=120, blank=True, default="", db_default="")
    seo_description = models.CharField(
        "description for search engines", max_length=320, blank=True, default="", db_default=""
    )
    translations = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="See `apps.catalog.texts.as_kept`."
    )
    attributes = models.JSONField(default=dict, blank=True, help_text="Values by attribute code.")
    categories = models.ManyToManyField(Category, blank=True, related_name="products")
    tags = models.ManyToManyField(Tag, blank=True, related_name="products")
    status = models.CharField(max_length=10, choices=ProductStatus, default=ProductStatus.DRAFT)
    is_featured = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True, blank=True)
    publish_from = models.DateTimeField(null=True, blank=True, help_text="Shoppers do not see it earlier.")
    publish_until = models.DateTimeField(null=True, blank=True, help_text="From then on shoppers do not see it.")
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ProductStatus.values), name="product_status_known"),
            models.CheckConstraint(
                condition=Q(publish_from=None) | Q(publish_until=None) | Q(publish_until__gt=F("publish_from")),
                name="product_window_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False), name="product_published_has_date"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> str:
        """Another one after each change that is saved: the moment of the last, in microseconds."""
        return str((self.updated_at - _EPOCH) // timedelta(microseconds=1))

    @property
    def is_visible(self) -> bool:
        """Whether shoppers may see it at all, within its window: it is in the shop, and its store is open."""
        return self.status == ProductStatus.PUBLISHED and self.deleted_at is None and self.store.is_active

    def is_visible_at(self, now: datetime) -> bool:
        has_begun = self.publish_from is None or self.publish_from <= now
        return self.is_visible and has_begun and (self.publish_until is None or now < self.publish_until)


class ProductSlug(models.Model):
    """Every slug that a product has or had, so that old addresses lead to it; a trigger on `Product` writes here.

    A slug stays with its product for ever, unless staff give it up (`services.give_up_slug`).
    """

    slug = models.SlugField(max_length=140, primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="slugs")

    def __str__(self) -> str:
        return self.slug


class ProductTurn(models.Model):
    """The next moment at which the clock alone changes what a product's document says: an offer or a window turns.

    Written with the document. A moment that has come means that the document is behind, and is written anew by whoever
    sees it first: a reader, or beat. A trigger on `Store` writes here too: the moment of its products has come when it
    opens, closes or is renamed.
    """

    product = models.OneToOneField(Product, on_delete=models.CASCADE, primary_key=True, related_name="turn")
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.product_id} at {self.due_at}"


def in_words(options: Mapping[str, Any]) -> str:
    """A variant's options as a title, "Red / L", by the options' names."""
    return " / ".join(str(value) for _, value in sorted(options.items()))


@keep_history(indexed_by="product")
class ProductVariant(PublicModel):
    """What is put into a cart: one SKU with one price."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=64, unique=True)
    barcode = models.CharField(max_length=32, blank=True)
    options = models.JSONField(default=dict, blank=True, help_text='What tells it from its sisters: {"Color": "Red"}.')
    price_amount = models.DecimalField(max_digits=19, decimal_places=4)
    compare_at_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    weight_grams = models.PositiveIntegerField(default=0)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="variant_price_not_negative"),
            models.CheckConstraint(
                condition=Q(compare_at_amount=None) | Q(compare_at_amount__gt=F("price_amount")),
                name="variant_compare_at_above_price",
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def price(self) -> Money:
        """The regular one, which holds while no offer runs."""
        return Money(self.price_amount, self.currency)

    @property
    def compare_at(self) -> Money | None:
        return None if self.compare_at_amount is None else Money(self.compare_at_amount, self.currency)

    @property
    def title(self) -> str:
        """The options in words; empty for the only variant of a product."""
        return in_words(self.options)


class RelatedProduct(models.Model):
    """That staff show a product on another one's page."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="related")
    related = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "related"], name="related_product_once"),
            models.CheckConstraint(condition=~Q(product=F("related")), name="related_product_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.related_id} beside {self.product_id}"


class ProductRating(models.Model):
    """How often buyers gave a product one star, two, … five: what the shop shows of their reviews, added up.

    `reviews` writes it, by `services.set_rating`; here it is only known, so that documents can tell it.
    """

    product = models.OneToOneField(Product, on_delete=models.CASCADE, primary_key=True, related_name="rating")
    stars = ArrayField(models.PositiveIntegerField(), size=MOST_STARS)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stars__len=MOST_STARS), name="rating_counts_each_number_of_stars"),
        ]

    def __str__(self) -> str:
        return f"{self.average} of {self.count}"

    @property
    def count(self) -> int:
        return sum(self.stars)

    @property
    def average(self) -> Decimal:
        """With two places, rounded half up; 0.00 when nobody has rated it."""
        total = sum(stars * times for stars, times in enumerate(self.stars, start=1))
        return (Decimal(total) / max(self.count, 1)).quantize(Decimal("0.01"), ROUND_HALF_UP)
