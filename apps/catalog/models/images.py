"""Pictures of products."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.catalog.models.products import Product, ProductVariant
from apps.common.history import keep_history
from apps.common.models import PublicModel


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
