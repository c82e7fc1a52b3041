"""Narrower copies: made after the commit, told when all are there, never torn, and gone when nobody needs them."""

import os
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from apps.catalog import services
from apps.catalog.models import ProductImage
from apps.catalog.tests.factories import draft_product, show
from apps.outbox import services as outbox
from apps.outbox.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def zaku():
    return show(draft_product("zaku"))[0]


def add(product, width=1000, height=500, mode="RGB"):
    file = BytesIO()
    Image.new(mode, (width, height), 0).save(file, "PNG")
    file.seek(0)
    return services.add_images(images=[services.NewImage(product_id=product.pk, file=file)])[0]


def files_in(media):
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


def address(image, width, kind):
    return image["renditions"]["url"].replace("{width}", str(width)).replace("{format}", kind)


@pytest.mark.parametrize(
    ("width", "widths"),
    [(1600, [320, 640, 1280]), (1280, [320, 640, 1280]), (1000, [320, 640, 1000]), (320, [320]), (90, [90])],
)
def test_no_copy_is_wider_than_the_picture(zaku, width, widths):
    image = add(zaku, width, 60)

    outbox.drain()

    image.refresh_from_db()
    assert image.rendition_widths == widths


def test_lists_and_pages_tell_them_and_each_address_leads_to_a_file_of_that_size(zaku, media):
    add(zaku)
    client = APIClient()
    before = client.get("/api/v1/products/").json()["results"][0]["image"]
    assert (media / before["url"].removeprefix("/media/")).exists()
    assert before["renditions"] is None

    outbox.drain()

    card, page = client.get("/api/v1/products/").json()["results"][0], client.get("/api/v1/products/zaku/").json()
    assert page["images"] == [{**card["image"], "variant": None}]
    assert card["image"]["renditions"]["widths"] == [320, 640, 1000]
    for width in card["image"]["renditions"]["widths"]:
        for kind, name in (("webp", "WEBP"), ("jpg", "JPEG")):
            with Image.open(media / address(card["image"], width, kind).removeprefix("/media/")) as copy:
                assert (copy.format, copy.size) == (name, (width, width // 2))


def test_what_lets_through_stands_on_white_where_jpeg_cannot(zaku, media):
    image = add(zaku, 90, 90, "RGBA")

    outbox.drain()

    image.refresh_from_db()
    with Image.open(media / f"{image.rendition_stem}-90.jpg") as copy:
        assert copy.getpixel((5, 5)) == (255, 255, 255)
    with Image.open(media / f"{image.rendition_stem}-90.webp") as copy:
        assert copy.getpixel((5, 5))[3] == 0


def test_twice_is_once(zaku, media):
    image = add(zaku)
    services.make_renditions(file=image.file.name)
    made = files_in(media)

    outbox.drain()

    assert services.make_renditions(file=image.file.name) is False
    assert files_in(media) == made


def test_made_anew_they_have_new_names_and_the_old_ones_go(zaku, media):
    image = add(zaku)
    services.make_renditions(file=image.file.name)
    old = files_in(media) - {image.file.name}

    assert services.make_renditions(file=image.file.name, anew=True) is True
    assert old < files_in(media)
    outbox.drain()

    image.refresh_from_db()
    new = {f"{image.rendition_stem}-{width}.{kind}" for width in (320, 640, 1000) for kind in ("webp", "jpg")}
    assert files_in(media) == {image.file.name} | new
    assert not new & old


def test_all_products_that_show_a_picture_get_them(zaku):
    add(zaku)
    services.save_products(store=zaku.store, drafts=[draft_product("twin")], pictures_of_new={"twin": zaku.pk})

    outbox.drain()
    services.save_products(store=zaku.store, drafts=[draft_product("third")], pictures_of_new={"third": zaku.pk})

    assert ProductImage.objects.exclude(rendition_stem="").values("rendition_stem").distinct().count() == 1
    cards = APIClient().get("/api/v1/products/").json()["results"]
    assert [card["image"]["renditions"]["widths"] for card in cards] == [[320, 640, 1000]] * 3


class Killed(BaseException):
    """Stands for SIGKILL between two files."""


def test_killed_half_way_nothing_torn_is_told_and_the_next_attempt_makes_them(zaku, media, monkeypatch):
    image = add(zaku)
    save, left = FileSystemStorage.save, iter(range(3))

    def until_killed(storage, name, content, max_length=None):
        if next(left, None) is None:
            raise Killed
        return save(storage, name, content, max_length)

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "save", until_killed)
        patch.setattr(FileSystemStorage, "delete", lambda storage, name: None)  # the dead do not tidy up
        with pytest.raises(Killed):
            services.make_renditions(file=image.file.name)

    assert len(files_in(media)) == 4
    assert APIClient().get("/api/v1/products/zaku/").json()["image"]["renditions"] is None
    outbox.drain()
    image.refresh_from_db()
    assert image.rendition_widths == [320, 640, 1000]
    assert len(files_in(media)) == 1 + 3 + 6

    orphans = services.sweep_pictures(now=timezone.now() + timedelta(days=2))

    assert len(orphans) == 3
    assert len(files_in(media)) == 1 + 6


def test_a_disk_that_is_full_leaves_no_files_and_is_tried_again(zaku, media, monkeypatch):
    image = add(zaku)
    save, left = FileSystemStorage.save, iter(range(3))

    def until_full(storage, name, content, max_length=None):
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        return save(storage, name, content, max_length)

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "save", until_full)
        outbox.drain()

    assert files_in(media) == {image.file.name}
    delivery = Delivery.objects.get(handler="catalog.make_renditions")
    assert (delivery.status, "No space left" in delivery.last_error) == ("pending", True)


def test_a_picture_that_goes_while_its_renditions_are_made_leaves_no_files(zaku, media, monkeypatch):
    image = add(zaku)
    save = FileSystemStorage.save

    def save_and_lose_the_picture(storage, name, content, max_length=None):
        if ProductImage.objects.exists():
            services.remove_image(image_id=image.pk)
        return save(storage, name, content, max_length)

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "save", save_and_lose_the_picture)
        assert services.make_renditions(file=image.file.name) is False
    outbox.drain()

    assert files_in(media) == set()


@pytest.mark.parametrize("damage", [os.unlink, lambda path: path.write_bytes(b"RIFF")], ids=["gone", "broken"])
def test_a_file_that_is_gone_or_broken_is_told_to_the_log_and_holds_up_nobody(zaku, media, caplog, damage):
    broken, sound = add(zaku), add(zaku)
    damage(media / broken.file.name)

    outbox.drain()

    sound.refresh_from_db()
    assert sound.rendition_widths == [320, 640, 1000]
    assert not Delivery.objects.exclude(status="done").exists()
    assert f"no renditions of {broken.file.name}" in caplog.text


def test_the_sweep_takes_what_no_row_names_and_leaves_what_is_young(zaku, media):
    image = add(zaku)
    outbox.drain()
    known = files_in(media)
    folder = (media / image.file.name).parent
    (folder / "stray.webp").write_bytes(b"old")

    assert services.sweep_pictures(now=timezone.now()) == []
    later = timezone.now() + timedelta(days=2)
    stray = str((folder / "stray.webp").relative_to(media))
    assert services.sweep_pictures(now=later, dry_run=True) == [stray]
    assert services.sweep_pictures(now=later) == [stray]

    assert files_in(media) == known


def test_a_shop_without_pictures_has_none_to_sweep():
    assert services.sweep_pictures(now=timezone.now()) == []
