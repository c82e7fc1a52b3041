from io import BytesIO

import pytest
from PIL import Image

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
