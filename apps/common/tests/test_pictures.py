from io import BytesIO

import pytest
from PIL import Image, ImageCms

from apps.common import pictures
from apps.common.pictures import NotAPicture


def encoded(image, kind, **options):
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def rewritten(content):
    return Image.open(BytesIO(pictures.as_webp(BytesIO(content), longest_side=100)))


def test_is_turned_upright_and_loses_its_metadata():
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn a quarter to the right
    exif[0x010E] = "taken at home"

    result = rewritten(encoded(Image.new("RGB", (40, 20)), "JPEG", exif=exif))

    assert (result.format, result.size) == ("WEBP", (20, 40))
    assert not result.getexif()


def test_keeps_transparency():
    assert rewritten(encoded(Image.new("RGBA", (10, 10), (0, 0, 0, 0)), "PNG")).mode == "RGBA"


def test_a_small_picture_is_not_blown_up():
    assert rewritten(encoded(Image.new("RGB", (10, 5)), "PNG")).size == (10, 5)


def test_keeps_the_greys_of_sixteen_bits():
    assert rewritten(encoded(Image.new("I;16", (10, 10), 40_000), "PNG")).getpixel((5, 5)) == pytest.approx(
        (156, 156, 156), abs=2
    )


def test_is_brought_into_the_colours_that_browsers_take_for_granted():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red = encoded(Image.new("RGB", (10, 10), (200, 30, 30)), "PNG", icc_profile=profile)

    result = rewritten(red)

    assert result.getpixel((5, 5)) == pytest.approx((200, 30, 30), abs=4)
    assert "icc_profile" not in result.info


def test_the_reason_is_told_with_what_to_do_about_it():
    moving = [Image.new("RGB", (4, 4), colour) for colour in ("red", "green")]

    with pytest.raises(NotAPicture, match="Save one frame") as refusal:
        rewritten(encoded(moving[0], "WEBP", save_all=True, append_images=moving[1:]))

    assert refusal.value.fault == pictures.Fault.ANIMATED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a but not really",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded(Image.new("RGB", (10, 10)), "GIF"),
        encoded(Image.effect_noise((90, 90), 50), "PNG")[:3000],
        encoded(Image.effect_noise((90, 90), 50), "JPEG")[:1500],
    ],
)
def test_refuses_what_is_no_whole_jpeg_png_or_webp(content):
    with pytest.raises(NotAPicture):
        rewritten(content)


def test_refuses_too_many_pixels_before_decoding_them():
    bomb = encoded(Image.new("1", (8000, 8000)), "PNG")
    assert len(bomb) < 20_000

    with pytest.raises(NotAPicture, match="40 million pixels"):
        rewritten(bomb)


def test_refuses_too_many_bytes():
    with pytest.raises(NotAPicture, match="larger than 10 MB"):
        rewritten(b"\xff" * (pictures.MOST_BYTES + 1))
