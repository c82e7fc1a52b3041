"""What products stand under: types with their attributes, categories, tags."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from treebeard.mp_tree import MP_Node

from apps.common.history import keep_history


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
    names = models.JSONField(default=dict, db_default={}, blank=True, help_text="In other languages, by their codes.")
    choice_names = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="By language, and in it by choice."
    )

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
    names = models.JSONField(default=dict, db_default={}, blank=True, help_text="In other languages, by their codes.")
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
    names = models.JSONField(default=dict, db_default={}, blank=True, help_text="In other languages, by their codes.")

    def __str__(self) -> str:
        return self.name
