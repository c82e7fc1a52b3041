"""Pictures from outside: never kept as they came, always decoded within limits and written anew."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


class NotAPicture(Exception):
    """The file cannot be used; the message is one sentence for a person."""


def as_webp(file: BinaryIO, *, longest_side: int, quality: int = 82) -> bytes:
    """The picture upright, without metadata, at most `longest_side` pixels wide and high.

    Raises:
        NotAPicture: it is no JPEG, PNG or WebP, or larger than our limits.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise NotAPicture(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _encode(content, longest_side, quality)
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPicture("The file is no JPEG, PNG or WebP picture that we can read.") from error
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow's decoders raise for broken files
        raise NotAPicture("The picture is damaged.") from error


def _encode(content: bytes, longest_side: int, quality: int) -> bytes:
    with Image.open(BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise NotAPicture(f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels.")
        picture.draft("RGB", (longest_side, longest_side))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((longest_side, longest_side))
        mode = "RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB"
        out = BytesIO()
        upright.convert(mode).save(out, "WEBP", quality=quality, method=2)
    return out.getvalue()
