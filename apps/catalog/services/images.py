"""A product's pictures: decoded and written anew on the way in, shown in the order that staff give them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Coalesce, Now

from apps.catalog.exceptions import PictureRefused, ProductNotFound
from apps.catalog.models import Product, ProductImage
from apps.catalog.services.documents import rebuild_documents
from apps.common import pictures
from apps.common.ids import new_id

LONGEST_SIDE = 1600


@dataclass(frozen=True, kw_only=True, slots=True)
class NewImage:
    """A picture for a product; `file` is open for reading, at its start."""

    product_id: int
    file: BinaryIO
    alt: str = ""
    variant_id: int | None = None


@transaction.atomic
def add_images(*, images: Sequence[NewImage]) -> list[ProductImage]:
    """Put pictures behind the others of their products; what is kept is our own WebP, at most 1600 pixels a side.

    Raises:
        ProductNotFound: there is no such product.
        PictureRefused: a file is no JPEG, PNG or WebP, or too large.
    """
    product_ids = {image.product_id for image in images}
    found = Product.objects.filter(pk__in=product_ids).annotate(last=Coalesce(Max("images__position"), -1))
    last = Counter(dict(found.values_list("pk", "last")))
    if product_ids - last.keys():
        raise ProductNotFound("There is no such product.")
    rows = []
    for image in images:
        last[image.product_id] += 1
        rows.append(_row(image, position=last[image.product_id]))
    ProductImage.objects.bulk_create(rows)
    rebuild_documents(product_ids=product_ids)
    return rows


def _row(image: NewImage, *, position: int) -> ProductImage:
    try:
        picture = pictures.as_webp(image.file, longest_side=LONGEST_SIDE)
    except pictures.NotAPicture as error:
        raise PictureRefused(str(error), errors={"file": [str(error)]}) from error
    public_id = new_id()
    return ProductImage(
        public_id=public_id,
        product_id=image.product_id,
        variant_id=image.variant_id,
        file=ContentFile(picture, name=f"{public_id.hex}.webp"),
        alt=image.alt[:200],
        position=position,
    )


@transaction.atomic
def share_images(*, sources: Mapping[int, int]) -> None:
    """Show the pictures of one product on another too, given as {other product's key: key of the one that has them}."""
    of_source: dict[int, list[ProductImage]] = defaultdict(list)
    for image in ProductImage.objects.filter(product_id__in=set(sources.values())).order_by("position", "pk"):
        of_source[image.product_id].append(image)
    copies = [
        ProductImage(
            product_id=product_id,
            file=image.file.name,
            width=image.width,
            height=image.height,
            alt=image.alt,
            position=image.position,
        )
        for product_id, source_id in sources.items()
        for image in of_source[source_id]
    ]
    ProductImage.objects.bulk_create(copies, batch_size=1000)
    rebuild_documents(product_ids=sources.keys())


@transaction.atomic
def describe_image(*, image_id: int, alt: str) -> None:
    """Say what a picture shows, for those who do not see it."""
    image = ProductImage.objects.get(pk=image_id)
    ProductImage.objects.filter(pk=image_id).update(alt=alt[:200], updated_at=Now())
    rebuild_documents(product_ids=[image.product_id])


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
