"""A product's pictures: decoded and written anew on the way in, shown in the order that staff give them.

Files are stored before the rows that name them and deleted, by a task, after the rows are gone: what a row names is
always there, and what is left over by a crash the sweep finds. All that changes an order holds the product's row.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, TypedDict, Unpack
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from apps.catalog.events import PictureAdded, PictureDiscarded
from apps.catalog.exceptions import (
    PictureAnimated,
    PictureDamaged,
    PictureNotFound,
    PictureOfOtherKind,
    PictureOfOtherVariant,
    PictureRefused,
    PicturesNotKept,
    PictureTooHeavy,
    PictureTooLarge,
    ProductNotFound,
    TooManyPictures,
)
from apps.catalog.models import Product, ProductImage, ProductVariant
from apps.catalog.services.documents import rebuild_documents
from apps.catalog.services.locks import hold_shelves_still
from apps.common import pictures, sql
from apps.common.ids import new_id
from apps.common.pictures import Cleaned, Fault
from apps.outbox import services as outbox

log = logging.getLogger(__name__)

LONGEST_SIDE = 1600
QUALITY = 88  # renditions are made of it, and lose a little more
MOST_IMAGES = 100  # of one product: its page tells them all
FOLDER = "products"
_REFUSALS: dict[Fault, type[PictureRefused]] = {
    Fault.TOO_HEAVY: PictureTooHeavy,
    Fault.OTHER_KIND: PictureOfOtherKind,
    Fault.TOO_MANY_PIXELS: PictureTooLarge,
    Fault.ANIMATED: PictureAnimated,
    Fault.DAMAGED: PictureDamaged,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class NewImage:
    """A picture for a product; `file` is open for reading, at its start. Without a position it comes last."""

    product_id: int
    file: BinaryIO
    alt: str = ""
    variant_id: int | None = None
    position: int | None = None


class ImageChanges(TypedDict, total=False):
    """What may be said of a picture; position 0 makes it the primary one."""

    alt: str
    variant_id: int | None
    position: int


def add_images(*, images: Sequence[NewImage]) -> list[ProductImage]:
    """Give products pictures; what is kept is our own WebP, at most 1600 pixels a side. All are taken, or none.

    Shoppers see that file at once; renditions are made after the commit.

    Raises:
        ProductNotFound: there is no such product.
        PictureRefused: a file is no JPEG, PNG or WebP, damaged, or too large; each reason is a class of its own.
        PictureOfOtherVariant: the product has no such variant.
        TooManyPictures: a product would have more than a hundred.
        PicturesNotKept: there is no room for them, or where they are kept does not answer.
    """
    encoded = [_clean(image.file) for image in images]  # the slow part, before anything is locked
    storage, names = picture_storage(), list[str]()
    try:
        for picture in encoded:
            names.append(_save(storage, picture))
        return _write_rows(images, encoded, names)
    except BaseException:
        for name in names:
            storage.delete(name)
        raise


def _save(storage: Storage, picture: Cleaned) -> str:
    try:
        return storage.save(f"{timezone.now():{FOLDER}/%Y/%m}/{new_id().hex}.webp", ContentFile(picture.content))
    except Exception as error:  # a full disk, a bucket or company that is away: each storage raises its own
        log.exception("a picture could not be stored")
        raise PicturesNotKept from error


def picture_storage() -> Storage:
    """Where pictures and their renditions are kept, by MEDIA_STORAGE."""
    storage: Storage = ProductImage._meta.get_field("file").storage
    return storage


def _clean(file: BinaryIO) -> Cleaned:
    try:
        return pictures.cleaned(file, longest_side=LONGEST_SIDE, quality=QUALITY)
    except pictures.NotAPicture as error:
        raise _REFUSALS[error.fault](str(error)) from error


@transaction.atomic
def _write_rows(images: Sequence[NewImage], encoded: Sequence[Cleaned], names: Sequence[str]) -> list[ProductImage]:
    product_ids = {image.product_id for image in images}
    if _lock(product_ids) != product_ids:
        raise ProductNotFound("There is no such product.")
    _check_variants((image.product_id, image.variant_id) for image in images)
    last = _last_positions(product_ids)
    rows = []
    for image, picture, name in zip(images, encoded, names, strict=True):
        last[image.product_id] += 1
        if last[image.product_id] >= MOST_IMAGES:
            raise TooManyPictures(MOST_IMAGES)
        rows.append(
            ProductImage(
                product_id=image.product_id,
                variant_id=image.variant_id,
                file=name,
                width=picture.width,
                height=picture.height,
                alt=image.alt[:200],
                position=last[image.product_id],
            )
        )
    ProductImage.objects.bulk_create(rows)
    for image, row in zip(images, rows, strict=True):
        if image.position is not None:
            _move(row, image.position)
        outbox.publish(PictureAdded(file=str(row.file)))
    rebuild_documents(product_ids=product_ids)
    return rows


def _lock(product_ids: Collection[int]) -> set[int]:
    """Hold these products still until the transaction ends, in the order in which everybody takes them."""
    hold_shelves_still()
    rows = Product.objects.filter(pk__in=product_ids).order_by("pk").select_for_update(no_key=True)
    return set(rows.values_list("pk", flat=True))


def _check_variants(pairs: Iterable[tuple[int, int | None]]) -> None:
    wanted = {(variant_id, product_id) for product_id, variant_id in pairs if variant_id is not None}
    there = ProductVariant.objects.filter(pk__in=[variant_id for variant_id, _ in wanted])
    if wanted - set(there.values_list("pk", "product_id")):
        raise PictureOfOtherVariant


def _last_positions(product_ids: Collection[int]) -> Counter[int]:
    products = Product.objects.filter(pk__in=product_ids).annotate(last=Coalesce(Max("images__position"), -1))
    return Counter(dict(products.values_list("pk", "last")))


def copy_images(sources: Mapping[int, int]) -> set[str]:
    """Show the pictures of one product on another too, given as {other product's key: key of the one that has them}.

    The others have none of their own. The caller holds all of these products and writes the documents afterwards.
    Returns the files that have no renditions yet, for `ask_for_renditions`: one may have been made for what was there
    before, and told while the copies were not to be seen.
    """
    if not sources:
        return set()
    of_source: dict[int, list[ProductImage]] = defaultdict(list)
    for image in ProductImage.objects.filter(product_id__in=set(sources.values())).order_by("position", "pk"):
        of_source[image.product_id].append(image)
    rows: list[dict[str, Any]] = [
        {
            "public_id": new_id(),
            "product_id": product_id,
            "file": str(image.file),
            "width": image.width,
            "height": image.height,
            "alt": image.alt,
            "position": image.position,
            "rendition_stem": image.rendition_stem,
            "rendition_widths": image.rendition_widths,
        }
        for product_id, source_id in sources.items()
        for image in of_source[source_id]
    ]
    sql.put_rows(ProductImage, rows)
    return {row["file"] for row in rows if not row["rendition_widths"]}


def ask_for_renditions(files: Collection[str]) -> None:
    """Have a task make the renditions of these files, once the caller's transaction has committed."""
    for file in sorted(files):
        outbox.publish(PictureAdded(file=file))


@transaction.atomic
def change_image(*, image_id: int, **changes: Unpack[ImageChanges]) -> ProductImage:
    """Say what a picture shows, which variant it is of, and where it stands; what is not named stays.

    Raises:
        PictureNotFound: it was taken away meanwhile.
        PictureOfOtherVariant: the product has no such variant.
    """
    image = _locked(image_id)
    told: dict[str, Any] = dict(changes)
    position = told.pop("position", None)
    if "variant_id" in told:
        _check_variants([(image.product_id, told["variant_id"])])
    for name, value in told.items():
        setattr(image, name, value[:200] if name == "alt" else value)
    image.save(update_fields=[*told, "updated_at"])
    if position is not None:
        _move(image, position)
    rebuild_documents(product_ids=[image.product_id])
    return image


def _locked(image_id: int) -> ProductImage:
    """The picture, with its product held."""
    product_id = ProductImage.objects.filter(pk=image_id).values_list("product_id", flat=True).first()
    if product_id is not None:
        _lock([product_id])
    image = ProductImage.objects.filter(pk=image_id).first()
    if image is None:
        raise PictureNotFound
    return image


def _move(image: ProductImage, position: int) -> None:
    rows = list(ProductImage.objects.filter(product_id=image.product_id).order_by("position"))
    rows.remove(image)
    rows.insert(position, image)
    _number(rows)


def _number(images: Sequence[ProductImage]) -> None:
    """Write the order down; the constraint is looked at when the transaction ends."""
    for position, image in enumerate(images):
        image.position = position
    ProductImage.objects.bulk_update(images, ["position"])


@transaction.atomic
def arrange_images(*, product_id: int, image_ids: Sequence[UUID]) -> None:
    """Show a product's pictures in this order, the first as the primary one; those that are not named come after.

    Raises:
        PictureNotFound: one of them is not the product's.
    """
    _lock([product_id])
    images = list(ProductImage.objects.filter(product_id=product_id).order_by("position", "pk"))
    order = {image_id: place for place, image_id in enumerate(dict.fromkeys(image_ids))}
    if order.keys() - {image.public_id for image in images}:
        raise PictureNotFound
    _number(sorted(images, key=lambda image: order.get(image.public_id, len(order))))
    rebuild_documents(product_ids=[product_id])


@transaction.atomic
def remove_image(*, image_id: int) -> None:
    """Take a picture away; the next one becomes the primary one. A task deletes its files, if nobody else shows them.

    Raises:
        PictureNotFound: it was taken away meanwhile.
    """
    image = _locked(image_id)
    image.delete()
    after = ProductImage.objects.filter(product_id=image.product_id, position__gt=image.position)
    after.update(position=F("position") - 1, updated_at=Now())
    discard(image)
    rebuild_documents(product_ids=[image.product_id])


def discard(image: ProductImage) -> None:
    """Have the files that this row named deleted, once it is certain that it names them no more."""
    widths = " ".join(str(width) for width in image.rendition_widths)
    outbox.publish(PictureDiscarded(file=str(image.file), rendition_stem=image.rendition_stem, widths=widths))
