"""The catalogue's tables. `ProductDocument` is what shoppers read; the others are what staff write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now, Upper
from psycopg.types.json import Json
from treebeard.mp_tree import MP_Node

from apps.catalog.words import words_of
from apps.common.history import keep_history
from apps.common.ids import new_id
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.stores.models import Store

MOST_STARS = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AttributeKind(models.TextChoices):
    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"


class Attribute(models.Model):
    """A fact that products of some types have, such as grade or scale: data, not a column."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=AttributeKind, default=AttributeKind.TEXT)
    choices = ArrayField(models.CharField(max_length=80), default=list, blank=True, help_text="For the kind 'choice'.")
    position = models.PositiveSmallIntegerField(default=0)
    names = models.JSONField(default=dict, blank=True, help_text="In other languages, by their codes.")
    choice_names = models.JSONField(default=dict, blank=True, help_text="By language, and in it by choice.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AttributeKind.values), name="attribute_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name


class ProductType(models.Model):
    """What kind of thing a product is; decides which attributes it has."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    attributes = models.ManyToManyField(Attribute, blank=True, related_name="product_types")
    tax_class = models.CharField(max_length=20, default="standard")

    def __str__(self) -> str:
        return self.name


@keep_history(exclude=["depth", "numchild"], indexed_by="pgh_obj")
class Category(MP_Node):
    """A shelf; shelves stand inside shelves. The path is kept by treebeard, so a branch is one prefix query."""

    slug = models.SlugField(max_length=120, unique=True)
    name = models.CharField(max_length=120)
    names = models.JSONField(default=dict, blank=True, help_text="In other languages, by their codes.")
    node_order_by = ["name"]

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def steps_to(cls, path: str) -> list[str]:
        """The paths on the way from the root down to this one, which is the last."""
        return [path[:end] for end in range(cls.steplen, len(path) + 1, cls.steplen)]


class CategorySlug(models.Model):
    """Every slug that a category has or had, so that old links find it; a trigger on `Category` writes here."""

    slug = models.SlugField(max_length=120, primary_key=True)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="slugs")

    def __str__(self) -> str:
        return self.slug


class Tag(models.Model):
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    names = models.JSONField(default=dict, blank=True, help_text="In other languages, by their codes.")

    def __str__(self) -> str:
        return self.name


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
    specifications = models.JSONField(default=list, blank=True, help_text="Labels with values, in their order.")
    seo_title = models.CharField("title for search engines", max_length=120, blank=True)
    seo_description = models.CharField("description for search engines", max_length=320, blank=True)
    translations = models.JSONField(default=dict, blank=True, help_text="See `apps.catalog.texts.as_kept`.")
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
        """Whether shoppers may see it at all, within its window."""
        return self.status == ProductStatus.PUBLISHED and self.deleted_at is None

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
    sees it first: a reader, or beat.
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


@keep_history(exclude=["rendition_stem", "rendition_widths"], indexed_by="product")
class ProductImage(PublicModel):
    """A picture of a product. The one at position 0 is the primary one, which lists show.

    Its renditions are files named `rendition_stem`-`width`.`format`, in every width of `rendition_widths` as WebP and
    as JPEG; none is named here before all of them are there. Several products may show the same files.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    variant = models.ForeignKey(ProductVariant, on_delete=models.SET_NULL, null=True, blank=True, related_name="images")
    file = models.ImageField(upload_to="products/%Y/%m/", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    alt = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    rendition_stem = models.CharField(max_length=120, blank=True, default="", db_default="", editable=False)
    rendition_widths = ArrayField(
        models.PositiveSmallIntegerField(), blank=True, default=list, db_default=[], editable=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "position"], name="image_position_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                condition=Q(rendition_stem="", rendition_widths__len=0)
                | (~Q(rendition_stem="") & Q(rendition_widths__len__gt=0)),
                name="image_renditions_whole",
            ),
        ]
        indexes = [models.Index(fields=["file"], name="image_file")]

    def __str__(self) -> str:
        return self.alt or str(self.file)

    @property
    def is_primary(self) -> bool:
        return self.position == 0


def rendition_name(stem: str, width: int, kind: str) -> str:
    """The file of one of a picture's renditions."""
    return f"{stem}-{width}.{kind}"


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


class WrittenJson(models.JSONField):
    """JSON that PostgreSQL keeps letter for letter: handing it on costs nothing, nothing can be looked up in it."""

    def db_type(self, connection: Any) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The driver has read it already."""
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return Json(value, dumps=orjson.dumps)


class ProductDocument(models.Model):
    """A visible product as shoppers read it, rewritten whole in the transaction that changes the product.

    `card` is one entry of a list, `detail` the product's page, both ready to send but for what changes by the minute
    (availability, price in another currency), which is joined at read. The other columns serve filters and order;
    `sort_name` is the name without accents and capitals, so that its order is the same whatever the database's locale.
    """

    product = models.OneToOneField(Product, on_delete=models.CASCADE, primary_key=True, related_name="document")
    public_id = models.UUIDField(unique=True)
    slug = models.SlugField(max_length=140, unique=True)
    store_id = models.BigIntegerField()
    card = WrittenJson()
    detail = WrittenJson()
    name = models.CharField(max_length=200)
    sort_name = models.CharField(max_length=200)
    description = models.TextField()
    product_type = models.CharField(max_length=50, db_index=True)
    price_from = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    price_to = models.DecimalField(max_digits=19, decimal_places=4, null=True, help_text="Empty: as `price_from`.")
    compare_at = models.DecimalField(max_digits=19, decimal_places=4, null=True, help_text="Empty: not on offer.")
    rating = models.DecimalField(max_digits=3, decimal_places=2, db_default=Decimal(0), help_text="0: nobody rated it.")
    popularity = models.PositiveIntegerField(db_default=0, help_text="Units sold of late; see `set_popularity`.")
    is_featured = models.BooleanField()
    category_slugs = ArrayField(models.CharField(max_length=120), help_text="Own categories and all above them.")
    tag_slugs = ArrayField(models.CharField(max_length=60))
    attributes = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["-published_at", "-product_id"], name="document_newest"),
            models.Index(fields=["price_from", "product_id"], name="document_price"),
            models.Index(fields=["sort_name", "product_id"], name="document_name"),
            models.Index(fields=["-popularity", "-product_id"], name="document_popularity"),
            models.Index(fields=["-rating", "-product_id"], name="document_rating"),
            models.Index(
                fields=["-published_at", "-product_id"],
                condition=Q(compare_at__isnull=False),
                name="document_offers_newest",
            ),
            GinIndex(fields=["category_slugs"], name="document_categories"),
            GinIndex(fields=["tag_slugs"], name="document_tags"),
            GinIndex(fields=["attributes"], opclasses=["jsonb_path_ops"], name="document_attributes"),
            # what `icontains` compares: upper case on both sides
            GinIndex(OpClass(Upper("description"), name="gin_trgm_ops"), name="document_description"),
        ]

    def __str__(self) -> str:
        return self.name


class TranslatedDocument(models.Model):
    """A document in another language, where the product, a category or a tag of it says something in that.

    Written with the document itself; a product without one is read in the shop's own language.
    """

    document = models.ForeignKey(
        ProductDocument, on_delete=models.CASCADE, db_column="product_id", related_name="translated", db_index=False
    )
    language = models.CharField(max_length=5)
    card = WrittenJson()
    detail = WrittenJson()
    name = models.CharField(max_length=200)
    description = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "language"], name="translated_document_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"


class DocumentCount(models.Model):
    """How many documents there are under a key, in one or a few rows that add up.

    A trigger on `ProductDocument` keeps them in the writer's own transaction, so that the sum is exact in every
    snapshot; writers never wait for each other, because each folds only the rows that nobody else holds. The keys are
    `all`, `is_featured`, `product_type:<code>`, `category:<slug>` (with all categories below), `tag:<slug>` and
    `attribute:<code>=<value>`.
    """

    key = models.CharField(max_length=300, db_index=True)
    documents = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.key} {self.documents:+d}"


class Edition(models.Model):
    """How often the shop window has changed: the sum over the rows, seen by others exactly when the change is.

    `shelves` moves with all that lists show, `figures` also with the number of free units that a product's page tells.
    Triggers write here (`catalog_new_edition`), so that every change counts, whoever makes it. Each takes a row that
    no other transaction holds, and adds one when all are held: there are as many as there ever were writers at once.
    """

    shelves = models.BigIntegerField()
    figures = models.BigIntegerField()

    def __str__(self) -> str:
        return f"+{self.shelves} +{self.figures}"


class SearchText(models.Model):
    """A document as it is searched; written with it.

    `name` are the words of the name as people type them; `codes` SKUs and barcodes without what groups them; `vector`
    holds every word as it stands and as Spanish, English and Portuguese stem it: the name's with weight A, SKUs, tags,
    attributes and categories with B, the description's with D.
    """

    document = models.OneToOneField(
        ProductDocument, on_delete=models.CASCADE, primary_key=True, db_column="product_id", related_name="search_text"
    )
    name = models.TextField()
    codes = ArrayField(models.TextField())
    vector = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(fields=["vector"], name="search_vector"),
            GinIndex(fields=["codes"], name="search_codes"),
        ]

    def __str__(self) -> str:
        return self.name


class SearchWord(models.Model):
    """A word of some document, to tell what a misspelt one was to be.

    Writers only ever add, and do not wait for each other, so that a word may stand here twice or longer than its
    document; the nightly sweep makes it once and takes away what nobody says any more.
    """

    word = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["word"], name="search_word"),
            GinIndex(OpClass("word", name="gin_trgm_ops"), name="search_word_trigrams"),
        ]

    def __str__(self) -> str:
        return self.word


class SearchSynonym(models.Model):
    """Terms that mean the same to shoppers; who searches for one finds the others."""

    terms = ArrayField(
        models.CharField(max_length=60), help_text="Separated by commas, such as: alicate, cortante, nipper"
    )

    class Meta:
        indexes = [GinIndex(fields=["terms"], name="search_synonym_terms")]

    def __str__(self) -> str:
        return ", ".join(self.terms)

    def clean(self) -> None:
        """Terms are kept as they are compared."""
        self.terms = list(dict.fromkeys(folded for term in self.terms if (folded := " ".join(words_of(term)))))
        if len(self.terms) < 2:
            raise ValidationError({"terms": "Give two terms at least."})


class Search(models.Model):
    """That somebody searched for something; nothing says who."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    term = models.CharField(max_length=100)
    page = models.PositiveIntegerField()
    hits = models.PositiveIntegerField()
    is_partial = models.BooleanField(help_text="No product has all of the words.")
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        verbose_name_plural = "searches"

    def __str__(self) -> str:
        return self.term


class SearchActionKind(models.TextChoices):
    OPENED = "opened"
    PUT_IN_CART = "put_in_cart"


class SearchAction(models.Model):
    """What a storefront tells that a shopper did with a product that a search had found."""

    search = models.ForeignKey(Search, on_delete=models.CASCADE, related_name="actions")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=SearchActionKind)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["search", "product", "kind"], name="search_action_once"),
            models.CheckConstraint(condition=Q(kind__in=SearchActionKind.values), name="search_action_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.product_id}"
