"""What searches look through, and what shoppers looked for."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.catalog.models.documents import ProductDocument
from apps.catalog.models.products import Product
from apps.catalog.words import words_of
from apps.common.ids import new_id


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
