"""Pictures from outside: never kept as they came, always decoded within limits and written anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any, BinaryIO, Literal

from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
RENDITION_FORMATS = ("webp", "jpg")
_MAY_MOVE = {"PNG", "WEBP"}  # a JPEG of several frames is a photograph with its preview beside it

_TURNS = dict(
    zip(
        range(2, 9),  # what EXIF calls them
        [
            Image.Transpose.FLIP_LEFT_RIGHT,
            Image.Transpose.ROTATE_180,
            Image.Transpose.FLIP_TOP_BOTTOM,
            Image.Transpose.TRANSPOSE,
            Image.Transpose.ROTATE_270,
            Image.Transpose.TRANSVERSE,
            Image.Transpose.ROTATE_90,
        ],
        strict=True,
    )
)

Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow's own fence stands where ours does
RenditionFormat = Literal["webp", "jpg"]


class Fault(StrEnum):
    TOO_HEAVY = "too_heavy"
    OTHER_KIND = "other_kind"
    TOO_MANY_PIXELS = "too_many_pixels"
    ANIMATED = "animated"
    DAMAGED = "damaged"


_SENTENCES = {
    Fault.TOO_HEAVY: f"The file is larger than {MOST_BYTES // 1024 // 1024} MB. Save it smaller.",
    Fault.OTHER_KIND: "The file is no JPEG, PNG or WebP picture that we can read. Save it as one of these.",
    Fault.TOO_MANY_PIXELS: f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels. Make it smaller.",
    Fault.ANIMATED: "The picture moves. Save one frame of it.",
    Fault.DAMAGED: "The picture is damaged. Open it in a program for pictures and save it anew.",
}


class NotAPicture(Exception):
    """The file cannot be used; the message says to a person why, and what to do."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(_SENTENCES[fault])
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A WebP of our own making: nothing is left of the file but what it looked like."""

    content: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Rendition:
    width: int
    format: RenditionFormat
    content: bytes


def as_webp(file: BinaryIO, *, longest_side: int, quality: int = 82) -> bytes:
    """What `cleaned` makes of it, without its size."""
    return cleaned(file, longest_side=longest_side, quality=quality).content


def as_png(file: BinaryIO, *, longest_side: int) -> bytes:
    """The same as PNG, which every mail program shows. Raises NotAPicture as `as_webp`."""
    with Image.open(BytesIO(as_webp(file, longest_side=longest_side, quality=100)), formats=FORMATS) as picture:
        return _encode(picture.convert("RGBA"), "PNG", optimize=True)


def cleaned(file: BinaryIO, *, longest_side: int, quality: int = 82) -> Cleaned:
    """The picture upright, in sRGB, without metadata, at most `longest_side` pixels wide and high.

    Raises:
        NotAPicture: it is no JPEG, PNG or WebP, or larger than our limits.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise NotAPicture(Fault.TOO_HEAVY)
    try:
        picture = _decode(content, longest_side)
        return Cleaned(_encode(picture, "WEBP", quality=quality, method=2), picture.width, picture.height)
    except NotAPicture:
        raise
    except UnidentifiedImageError as error:
        raise NotAPicture(Fault.DAMAGED if _begins_well(content) else Fault.OTHER_KIND) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPicture(Fault.TOO_MANY_PIXELS) from error
    except Exception as error:  # decoders raise whatever they like at bytes that were made to hurt them
        raise NotAPicture(Fault.DAMAGED) from error


def _begins_well(content: bytes) -> bool:
    return content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or content[8:12] == b"WEBP"


def renditions(content: bytes, *, widths: Sequence[int]) -> Iterator[Rendition]:
    """A picture of ours in each width and in both formats; JPEG has no transparency and gets a white ground.

    Raises:
        NotAPicture: it is not as we had written it.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as original:
            whole = original.convert("RGBA" if original.has_transparency_data else "RGB")
    except (OSError, ValueError) as error:
        raise NotAPicture(Fault.DAMAGED) from error
    for width in sorted(widths, reverse=True):
        height = max(1, round(whole.height * width / whole.width))
        narrow = whole.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        yield Rendition(width, "webp", _encode(narrow, "WEBP", quality=80, method=4))
        yield Rendition(width, "jpg", _encode(_on_white(narrow), "JPEG", quality=80, optimize=True, progressive=True))


def _decode(content: bytes, longest_side: int) -> Image.Image:
    box = (longest_side, longest_side)
    with Image.open(BytesIO(content), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise NotAPicture(Fault.TOO_MANY_PIXELS)
        if opened.format in _MAY_MOVE and getattr(opened, "is_animated", False):
            raise NotAPicture(Fault.ANIMATED)
        opened.draft("RGB", box)  # a large JPEG is decoded no larger than it has to be
        opened.load()
        turn = _turn_of(opened)
        picture = _in_eight_bits(opened)
    picture.thumbnail(box)
    picture = _in_srgb(picture, opened.info.get("icc_profile"))
    return picture if turn is None else picture.transpose(turn)


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """As one of RGB, RGBA and CMYK, which can be made smaller without loss."""
    if picture.mode.startswith("I"):  # 16 bits of grey; converting alone would cut off all but the darkest
        return picture.convert("I").point(lambda level: level * (1 / 256)).convert("L").convert("RGB")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode in {mode, "CMYK"} else picture.convert(mode)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """In the colours that browsers take for granted, since the profile does not stay."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        try:
            of_camera = ImageCms.ImageCmsProfile(BytesIO(profile))
            shown = ImageCms.profileToProfile(picture, of_camera, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            shown = None  # a profile that is none, or of other colours than the picture's
        if shown is not None:
            return shown
    return picture.convert(mode)


def _turn_of(picture: Image.Image) -> Image.Transpose | None:
    """How to turn it so that it stands as the camera was held; a note that cannot be read says nothing."""
    try:
        return _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # what is written beside a picture is no reason to refuse it
        return None


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _encode(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    picture.info = {}  # or an encoder might write down what it finds there
    picture.save(out, kind, **options)
    return out.getvalue()
