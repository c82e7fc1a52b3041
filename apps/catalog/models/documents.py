"""Products as shoppers read them, and what tells readers that something has changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from psycopg.types.json import Json

from apps.catalog.models.products import Product


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
