import re
from io import BytesIO

import pytest
from django.db import IntegrityError, connection, transaction
from PIL import Image

from apps.catalog import services
from apps.catalog.exceptions import PictureOfOtherKind, PictureOfOtherVariant, ProductNotFound, TooManyPictures
from apps.catalog.models import Product, ProductDocument, ProductImage
from apps.catalog.tests.factories import draft_product, show
from apps.common import audit
from apps.outbox import services as outbox
from apps.outbox.models import OutboxMessage

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


def save_beside(product, *slugs):
    """New products that show the pictures of this one."""
    drafts = [draft_product(slug) for slug in slugs]
    services.save_products(store=product.store, drafts=drafts, pictures_of_new=dict.fromkeys(slugs, product.pk))
    return Product.objects.get(slug=slugs[-1])


def files_in(media):
    return [path for path in media.rglob("*") if path.is_file()]


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
        "renditions": None,
    }
    assert [image["alt"] for image in images_of_page()] == ["Front", "Back"]


def test_what_is_kept_is_our_own_file_of_at_most_1600_pixels(zaku, media):
    (image,) = add(zaku, ("", picture(3200, 800, "JPEG")))

    with Image.open(media / image.file.name) as stored:
        assert (stored.format, stored.size) == ("WEBP", (1600, 400))
    assert re.fullmatch(r"products/\d{4}/\d\d/[0-9a-f]{32}\.webp", image.file.name)


def test_staff_arrange_pictures(zaku):
    _, back = add(zaku, ("Front", picture()), ("Back", picture()))

    services.arrange_images(product_id=zaku.pk, image_ids=[back.public_id])

    assert [image["alt"] for image in images_of_page()] == ["Back", "Front"]


def test_staff_say_what_a_picture_shows(zaku):
    (image,) = add(zaku, ("", picture()))

    services.change_image(image_id=image.pk, alt="In its box")

    assert [image["alt"] for image in images_of_page()] == ["In its box"]


def test_a_removed_picture_leaves_the_page_at_once_and_the_disk_soon(zaku, media):
    (image,) = add(zaku, ("", picture()))
    services.make_renditions(file=image.file.name)

    services.remove_image(image_id=image.pk)

    assert images_of_page() == []
    assert len(files_in(media)) == 3
    outbox.drain()
    assert files_in(media) == []


def test_a_file_that_another_product_shows_stays(zaku, media):
    (image,) = add(zaku, ("", picture()))
    services.make_renditions(file=image.file.name)
    twin = save_beside(zaku, "twin")

    services.remove_image(image_id=image.pk)
    outbox.drain()
    assert len(files_in(media)) == 3

    services.remove_image(image_id=twin.images.get().pk)
    outbox.drain()
    assert files_in(media) == []


def test_new_products_show_the_pictures_of_another_and_one_that_was_there_keeps_its_own(zaku):
    add(zaku, ("Front", picture()), ("Back", picture()))
    save_beside(zaku, "first", "second")
    (bare,) = show(draft_product("bare"))
    OutboxMessage.objects.all().delete()

    services.save_products(
        store=zaku.store,
        drafts=[draft_product("bare", name="Changed"), draft_product("third"), draft_product("fourth")],
        pictures_of_new=dict.fromkeys(["bare", "third", "fourth"], zaku.pk),
    )

    told = {document.slug: document.detail["images"] for document in ProductDocument.objects.all()}
    assert [image["alt"] for image in told["zaku"]] == ["Front", "Back"]
    assert told["first"] == told["second"] == told["third"] == told["fourth"] == told["zaku"]
    assert (bare.images.count(), told["bare"]) == (0, [])
    assert OutboxMessage.objects.filter(event_type="catalog.PictureAdded").count() == 2  # one of each file
    assert list(audit.run()) == []


def test_the_next_picture_is_the_primary_one_when_the_first_is_taken_away(zaku):
    front, _, side = add(zaku, ("Front", picture()), ("Back", picture()), ("Side", picture()))
    services.change_image(image_id=side.pk, position=0)

    services.remove_image(image_id=front.pk)
    services.remove_image(image_id=side.pk)

    assert [(image.alt, image.is_primary) for image in zaku.images.all()] == [("Back", True)]
    assert list(audit.run()) == []


@pytest.mark.parametrize(("position", "order"), [(0, "NAB"), (1, "ANB"), (7, "ABN"), (None, "ABN")])
def test_a_new_picture_takes_the_place_that_it_is_given(zaku, position, order):
    add(zaku, ("A", picture()), ("B", picture()))

    new = services.NewImage(product_id=zaku.pk, file=picture(), alt="N", position=position)
    services.add_images(images=[new])

    assert "".join(image["alt"] for image in images_of_page()) == order


def test_two_pictures_never_stand_in_one_place(zaku):
    add(zaku, ("", picture()), ("", picture()))

    @transaction.atomic
    def crowd():
        zaku.images.update(position=0)
        connection.check_constraints()

    with pytest.raises(IntegrityError):
        crowd()


def test_a_picture_of_a_variant_says_so_on_the_page_and_is_of_its_own_product(zaku):
    variant, other = zaku.variants.get(), show(draft_product("other"))[0].variants.get()
    (image,) = add(zaku, ("", picture()))

    services.change_image(image_id=image.pk, variant_id=variant.pk)
    with pytest.raises(PictureOfOtherVariant):
        services.change_image(image_id=image.pk, variant_id=other.pk)

    page = ProductDocument.objects.get(slug="zaku").detail
    assert [image["variant"] for image in page["images"]] == [str(variant.public_id)]


def test_of_several_pictures_all_are_taken_or_none(zaku, media):
    with pytest.raises(PictureOfOtherKind):
        add(zaku, ("", picture()), ("", BytesIO(b"<svg/>")))
    with pytest.raises(TooManyPictures):
        add(zaku, *(("", picture()) for _ in range(101)))

    assert not ProductImage.objects.exists()
    assert files_in(media) == []


def test_a_file_that_is_no_picture_is_refused(zaku, media):
    with pytest.raises(PictureOfOtherKind):
        add(zaku, ("", BytesIO(b"<svg onload='alert(1)'/>")))

    assert not ProductImage.objects.exists()
    assert list(media.iterdir()) == []


def test_a_picture_needs_a_product():
    with pytest.raises(ProductNotFound):
        services.add_images(images=[services.NewImage(product_id=0, file=picture())])
