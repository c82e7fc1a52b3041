"""Narrower copies of pictures, made beside what shoppers do, and the files that nobody needs any more.

A set of renditions has a name of its own that was never used before. It is stored whole before a row names it, so that
whoever is killed, or does the work a second time, leaves files that nobody names and nothing that is torn.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from secrets import token_hex

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.catalog.models import Product, ProductImage, rendition_name
from apps.catalog.services.documents import rebuild_documents
from apps.catalog.services.images import FOLDER, discard, picture_storage
from apps.catalog.services.locks import hold_shelves_still
from apps.common import pictures
from apps.common.pictures import RENDITION_FORMATS

log = logging.getLogger(__name__)

WIDTHS = (320, 640, 1280)
YOUNG = timedelta(days=1)  # a file's row may not be committed yet


def widths_for(width: int) -> list[int]:
    """In which widths to show a picture: never wider than it is, and in its own if it is narrower than the widest."""
    widest = min(width, WIDTHS[-1])
    return [*(narrower for narrower in WIDTHS if narrower < widest), widest]


def make_renditions(*, file: str, anew: bool = False) -> bool:
    """Make the renditions of a picture and tell them to shoppers; twice is once, unless they are wanted `anew`.

    Returns whether there are new ones. A picture whose file is gone or broken stays as it is, and the log says so.
    """
    image = ProductImage.objects.filter(file=file).order_by("rendition_stem").first()
    if image is None or (image.rendition_widths and not anew):
        return False
    storage = picture_storage()
    stem, widths = f"{file.removesuffix('.webp')}-{token_hex(3)}", widths_for(image.width)
    names: list[str] = []
    try:
        with storage.open(file) as stored:
            content = stored.read()
        for rendition in pictures.renditions(content, widths=widths):
            name = rendition_name(stem, rendition.width, rendition.format)
            names.append(storage.save(name, ContentFile(rendition.content)))
        is_told = _tell(image, stem, widths)
    except (FileNotFoundError, pictures.NotAPicture) as error:
        log.error("no renditions of %s: %s", file, error)
        is_told = False
    except BaseException:
        _delete(storage, names)
        raise
    if not is_told:
        _delete(storage, names)
    return is_told


@transaction.atomic
def _tell(found: ProductImage, stem: str, widths: list[int]) -> bool:
    """Name the set on every row that shows the file and has what was found, unless somebody was faster."""
    hold_shelves_still()
    same = ProductImage.objects.filter(file=str(found.file), rendition_stem=found.rendition_stem)
    product_ids = sorted(set(same.values_list("product_id", flat=True)))
    list(Product.objects.filter(pk__in=product_ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    rows = same.filter(product_id__in=product_ids)
    if not rows.update(rendition_stem=stem, rendition_widths=widths, updated_at=Now()):
        return False
    if found.rendition_stem:
        discard(found)
    rebuild_documents(product_ids=product_ids)
    return True


def delete_picture(*, file: str, stem: str, widths: Sequence[int]) -> None:
    """Delete files that a row has named, unless another names them; those that are gone already are gone."""
    storage, rows = picture_storage(), ProductImage.objects.filter(file=file)
    if stem and not rows.filter(rendition_stem=stem).exists():
        _delete(storage, [rendition_name(stem, width, kind) for width in widths for kind in RENDITION_FORMATS])
    if not rows.exists():
        storage.delete(file)


def files_without_renditions() -> list[str]:
    """Of the pictures that are shown, in the order in which they came."""
    return _files(ProductImage.objects.filter(rendition_stem=""))


def files_of_pictures() -> list[str]:
    """The names in storage that some picture needs, renditions included."""
    return _files(ProductImage.objects.all())


def sweep_pictures(*, now: datetime, dry_run: bool = False) -> list[str]:
    """Delete files older than a day that no row names: what a crash, or a transaction that came to nothing, has left.

    Returns their names.
    """
    storage, orphans = picture_storage(), []
    for folder, names in _stored(storage, FOLDER):
        rows = ProductImage.objects.filter(file__startswith=f"{folder}/")
        known = {name for pair in rows.values_list("file", "rendition_stem") for name in pair}
        strange = [name for name in names if name not in known and name.rpartition("-")[0] not in known]
        orphans += [name for name in strange if now - storage.get_modified_time(name) > YOUNG]
    if not dry_run:
        _delete(storage, orphans)
    return orphans


def _stored(storage: Storage, folder: str) -> Iterator[tuple[str, list[str]]]:
    """Each folder below this one, and itself, with the files in it."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield folder, [f"{folder}/{name}" for name in sorted(files)]
    for inner in sorted(folders):
        yield from _stored(storage, f"{folder}/{inner}")


def _files(images: QuerySet[ProductImage]) -> list[str]:
    return list(dict.fromkeys(images.order_by("pk").values_list("file", flat=True)))


def _delete(storage: Storage, names: Sequence[str]) -> None:
    for name in names:
        storage.delete(name)
