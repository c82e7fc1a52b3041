"""Placeholder pictures for the demo shop: flat cards with grade, scale and name; the series decides the colour."""

from __future__ import annotations

import colorsys
import hashlib
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

SIDE = 480
_MARGIN = 38


def draw_card(*, grade: str, scale: str, name: str, series: str) -> BytesIO:
    """A small PNG; the same words always make the same picture."""
    hue = hashlib.sha256(series.encode()).digest()[0] / 256
    paper, band, ink = _colour(hue, 0.16, 0.97), _colour(hue, 0.55, 0.62), _colour(hue, 0.6, 0.25)
    picture = Image.new("RGB", (SIDE, SIDE), paper)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, SIDE, 152), fill=band)
    draw.polygon([(SIDE, 152), (SIDE, SIDE), (184, SIDE)], fill=_colour(hue, 0.24, 0.92))
    draw.text((_MARGIN, 46), grade, font=_font(67), fill=paper)
    draw.text((SIDE - _MARGIN, 90), scale, font=_font(27), fill=paper, anchor="rm")
    draw.multiline_text((_MARGIN, 200), _in_lines(draw, name), font=_font(40), fill=ink, spacing=11)
    draw.text((_MARGIN, SIDE - _MARGIN), series, font=_font(21), fill=band, anchor="lb")
    out = BytesIO()
    picture.save(out, "PNG", compress_level=1)
    out.seek(0)
    return out


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _in_lines(draw: ImageDraw.ImageDraw, name: str) -> str:
    """The name in at most four lines that fit the card."""
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font=_font(40)) <= SIDE - 2 * _MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines[:4]).strip()
