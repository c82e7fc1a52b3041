"""A product's pictures: decoded and written anew on the way in, shown in the order that staff give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max

from apps.catalog.exceptions import PictureRefused, ProductNotFound
from apps.catalog.models import Product, ProductImage
from apps.catalog.services.documents import rebuild_documents
from apps.common import pictures
from apps.common.ids import new_id

LONGEST_SIDE = 1600


@transaction.atomic
def add_image(*, product_id: int, file: BinaryIO, alt: str = "", variant_id: int | None = None) -> ProductImage:
    """Put a picture behind the others of a product; what is kept is our own WebP of it, at most 1600 pixels a side.

    Raises:
        ProductNotFound: there is no such product.
        PictureRefused: the file is no JPEG, PNG or WebP, or too large.
    """
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise ProductNotFound("There is no such product.")
    try:
        picture = pictures.as_webp(file, longest_side=LONGEST_SIDE)
    except pictures.NotAPicture as error:
        raise PictureRefused(str(error), errors={"file": [str(error)]}) from error
    public_id, last = new_id(), product.images.aggregate(last=Max("position"))["last"]
    image = ProductImage.objects.create(
        public_id=public_id,
        product=product,
        variant_id=variant_id,
        file=ContentFile(picture, name=f"{public_id.hex}.webp"),
        alt=alt[:200],
        position=0 if last is None else last + 1,
    )
    rebuild_documents(product_ids=[product_id])
    return image


@transaction.atomic
def arrange_images(*, product_id: int, image_ids: Sequence[UUID]) -> None:
    """Show a product's pictures in this order; those that are not named come after."""
    order = {image_id: position for position, image_id in enumerate(image_ids)}
    images = list(ProductImage.objects.filter(product_id=product_id).order_by("position", "pk"))
    images.sort(key=lambda image: order.get(image.public_id, len(order)))
    for position, image in enumerate(images):
        image.position = position
    ProductImage.objects.bulk_update(images, ["position"])
    rebuild_documents(product_ids=[product_id])


@transaction.atomic
def remove_image(*, image_id: int) -> None:
    """Take a picture away; its file goes once that is certain, unless another product shows it too."""
    image = ProductImage.objects.get(pk=image_id)
    storage, name = image.file.storage, str(image.file.name)
    image.delete()
    rebuild_documents(product_ids=[image.product_id])
    if not ProductImage.objects.filter(file=name).exists():
        transaction.on_commit(lambda: storage.delete(name))
