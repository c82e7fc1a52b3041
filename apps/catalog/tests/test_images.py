from io import BytesIO

import pytest
from PIL import Image

from apps.catalog import services
from apps.catalog.exceptions import PictureRefused, ProductNotFound
from apps.catalog.models import ProductDocument, ProductImage
from apps.catalog.tests.factories import draft_product, show

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def zaku():
    return show(draft_product("zaku"))[0]


def picture(width=40, height=30, kind="PNG"):
    out = BytesIO()
    Image.new("RGB", (width, height), "green").save(out, kind)
    out.seek(0)
    return out


def add(product, *pictures):
    new = [services.NewImage(product_id=product.pk, file=file, alt=alt) for alt, file in pictures]
    return services.add_images(images=new)


def images_of_page():
    return ProductDocument.objects.get().detail["images"]


def test_the_first_picture_is_on_the_card_and_all_are_on_the_page(zaku):
    (front,) = add(zaku, ("Front", picture()))
    add(zaku, ("Back", picture(20, 20)))

    assert ProductDocument.objects.get().card["image"] == {
        "url": f"/media/{front.file.name}",
        "alt": "Front",
        "width": 40,
        "height": 30,
    }
    assert [image["alt"] for image in images_of_page()] == ["Front", "Back"]


def test_what_is_kept_is_our_own_file_of_at_most_1600_pixels(zaku, media):
    (image,) = add(zaku, ("", picture(3200, 800, "JPEG")))

    with Image.open(media / image.file.name) as stored:
        assert (stored.format, stored.size) == ("WEBP", (1600, 400))
    assert image.file.name.endswith(f"{image.public_id.hex}.webp")


def test_staff_arrange_pictures(zaku):
    _, back = add(zaku, ("Front", picture()), ("Back", picture()))

    services.arrange_images(product_id=zaku.pk, image_ids=[back.public_id])

    assert [image["alt"] for image in images_of_page()] == ["Back", "Front"]


def test_staff_say_what_a_picture_shows(zaku):
    (image,) = add(zaku, ("", picture()))

    services.describe_image(image_id=image.pk, alt="In its box")

    assert [image["alt"] for image in images_of_page()] == ["In its box"]


@pytest.mark.django_db(transaction=True)
def test_a_removed_picture_leaves_page_and_disk(zaku, media):
    (image,) = add(zaku, ("", picture()))

    services.remove_image(image_id=image.pk)

    assert images_of_page() == []
    assert not (media / image.file.name).exists()


def test_a_file_that_is_no_picture_is_refused(zaku, media):
    with pytest.raises(PictureRefused):
        add(zaku, ("", BytesIO(b"<svg onload='alert(1)'/>")))

    assert not ProductImage.objects.exists()
    assert list(media.iterdir()) == []


def test_a_picture_needs_a_product():
    with pytest.raises(ProductNotFound):
        services.add_images(images=[services.NewImage(product_id=0, file=picture())])
