"""A product's pictures as those see them who keep them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from apps.catalog.exceptions import PictureNotFound, PictureOfOtherVariant
from apps.catalog.models import Product, ProductImage


def images_of(product: Product) -> QuerySet[ProductImage]:
    """In the order in which they are shown."""
    return product.images.select_related("variant").order_by("position")


def image_of(*, product: Product, image_id: UUID) -> ProductImage:
    """Raises PictureNotFound: it is not the product's."""
    image = images_of(product).filter(public_id=image_id).first()
    if image is None:
        raise PictureNotFound
    return image


def variant_key(*, product: Product, variant_id: UUID | None) -> int | None:
    """Raises PictureOfOtherVariant: the product has no such variant."""
    if variant_id is None:
        return None
    key = product.variants.filter(public_id=variant_id).values_list("pk", flat=True).first()
    if key is None:
        raise PictureOfOtherVariant
    return key
