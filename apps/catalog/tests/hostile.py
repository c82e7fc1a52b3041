"""Files that somebody might send as a product's picture, and what is to become of each.

All are made here, from their formats' descriptions. Those that are refused name the problem's code; the others are
pictures after all, and `PAYLOAD` must be gone from what is kept of them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, reduce
from io import BytesIO
from zipfile import ZipFile

from PIL import Image, ImageCms, PngImagePlugin

PAYLOAD = b"<script>alert('gotcha')</script>"
TEXT = PAYLOAD.decode()
FINE = ""
HEAVY, OTHER, LARGE = "picture-too-heavy", "picture-of-other-kind", "picture-too-large"
ANIMATED, DAMAGED = "picture-animated", "picture-damaged"
LIMIT = 10 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file as a client sends it; an empty `code` says that it is taken."""

    title: str
    content: bytes
    code: str = FINE
    name: bytes = b"zaku.jpg"
    kind: bytes = b"image/jpeg"

    def as_form(self, field: str = "file", **fields: str) -> dict[str, object]:
        """The keyword arguments that make Django's test client send it letter for letter."""
        part = '--edge\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        parts = [part.format(name, value) for name, value in fields.items()]
        head = b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n'
        file = head % (field.encode(), self.name, self.kind) + self.content
        body = "".join(parts).encode() + file + b"\r\n--edge--\r\n"
        return {"data": body, "content_type": "multipart/form-data; boundary=edge"}


def picture(kind: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (60, 40), **options: object) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 40).convert(mode).save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *before: bytes, depth: int = 1, data: bytes = b"") -> bytes:
    """Grey, with whatever stands where the pixels should be."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def beside(chunks: bytes) -> bytes:
    """A sound PNG with these chunks behind its header."""
    sound = picture("PNG")
    return sound[:33] + chunks + sound[33:]


@cache
def bomb(megabytes: int) -> bytes:
    """So many zeros, packed: the same megabyte again and again, since to pack them all takes a second."""
    packer, megabyte = zlib.compressobj(9, wbits=-15), bytes(2**20)
    packed = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)
    check = reduce(lambda before, _: zlib.adler32(megabyte, before), range(megabytes), 1)
    return b"\x78\xda" + packed * megabytes + packer.flush() + struct.pack(">I", check)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def webp_frames(count: int) -> bytes:
    still = picture("WEBP", size=(2, 2), lossless=True)[12:]
    sides = b"\1\0\0" * 2  # of two pixels each
    frame = bytes(6) + sides + b"\x0a\0\0\0" + still
    canvas = (b"VP8X", b"\2\0\0\0" + sides)
    return riff(canvas, (b"ANIM", bytes(6)), *[(b"ANMF", frame)] * count)


def webp_of_size(width: int, height: int) -> bytes:
    """Lossless, with a header that promises so many pixels and nothing behind it."""
    return riff((b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(40)))


def gif_frames(count: int) -> bytes:
    frame = b"\x2c\0\0\0\0\1\0\1\0\0\x02\x02\x44\x01\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + frame * count + b";"


def jpeg_of_size(width: int, height: int) -> bytes:
    sound = picture()
    place = sound.index(b"\xff\xc0") + 5
    return sound[:place] + struct.pack(">HH", height, width) + sound[place + 4 :]


def segment(marker: int, data: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def inside(segments: bytes) -> bytes:
    """A sound JPEG with these segments behind its first two bytes."""
    return b"\xff\xd8" + segments + picture()[2:]


def zip_file() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("index.html", PAYLOAD)
    return out.getvalue()


def camera_notes() -> Image.Exif:
    notes = Image.Exif()
    notes[0x0112], notes[0x010E], notes[0x013B] = 6, TEXT, TEXT
    notes.get_ifd(0x8825)[1] = "N"
    return notes


def png_text() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", TEXT)
    info.add_text("Description", TEXT, zip=True)
    info.add_itxt("XML:com.adobe.xmp", TEXT)
    return info


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + PAYLOAD + b"</svg>"
XXE = b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>'
TIFF = b"II*\0\x08\0\0\0" + struct.pack("<HHHIIHHII", 2, 256, 4, 1, 2**31, 257, 4, 1, 2**31)
BMP = b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0)


def refused() -> Iterator[Upload]:
    """Forty and some that nobody may ever see."""
    yield Upload("nothing at all", b"", OTHER)
    yield Upload("a single byte", b"\xff", OTHER)
    yield Upload("one byte more than the limit", picture() + bytes(LIMIT), HEAVY)
    yield Upload("a body far above the limit", bytes(LIMIT + 2**20), HEAVY)
    yield Upload("a PNG of 900 million pixels in a few bytes", png(30_000, 30_000, data=bomb(2)), LARGE)
    yield Upload("a PNG just above the limit", png(10_000, 4_001, data=bomb(5)), LARGE)
    yield Upload("a PNG of 4 exapixels", png(2**31 - 1, 2**31 - 1), LARGE)
    yield Upload("a PNG without width", png(0, 10), DAMAGED)
    yield Upload("a PNG whose pixels end early", png(300, 300, data=zlib.compress(bytes(50))), DAMAGED)
    yield Upload("a PNG whose pixels cannot be unpacked", png(30, 30, data=b"\xff" * 200), DAMAGED)
    yield Upload("a PNG with a wrong checksum", picture("PNG").replace(b"IHDR", b"IHDr"), DAMAGED)
    yield Upload("a PNG whose text unpacks to 100 MB", beside(chunk(b"zTXt", b"k\0\0" + bomb(100))), DAMAGED)
    yield Upload("a PNG with 80 MB of text", beside(chunk(b"zTXt", b"k\0\0" + bomb(1)) * 80), DAMAGED)
    yield Upload("a PNG whose iTXt unpacks to 100 MB", beside(chunk(b"iTXt", b"k\0\1\0\0\0" + bomb(100))), DAMAGED)
    yield Upload("a PNG whose profile unpacks to 100 MB", beside(chunk(b"iCCP", b"k\0\0" + bomb(100))), DAMAGED)
    yield Upload("a PNG of 10,000 frames", beside(chunk(b"acTL", struct.pack(">II", 10_000, 0))), ANIMATED)
    yield Upload("a WebP of 268 million pixels in a few bytes", webp_of_size(16_383, 16_383), LARGE)
    yield Upload("a WebP of 10,000 frames", webp_frames(10_000), ANIMATED)
    yield Upload("a WebP that is cut off", picture("WEBP")[:200], DAMAGED)
    yield Upload("a WebP that says nothing", riff((b"VP8 ", b"")), DAMAGED)
    yield Upload("a JPEG of 4 billion pixels", jpeg_of_size(65_535, 65_535), LARGE)
    yield Upload("a JPEG that is cut off", picture(size=(200, 200))[:900], DAMAGED)
    yield Upload("a JPEG that ends at once", b"\xff\xd8\xff\xd9", DAMAGED)
    yield Upload("a JPEG with a segment longer than the file", b"\xff\xd8\xff\xe1\xff\xffExif", DAMAGED)
    yield Upload("a GIF", picture("GIF", "P"), OTHER, b"zaku.gif", b"image/gif")
    yield Upload("a GIF called PNG", picture("GIF", "P"), OTHER, b"zaku.png", b"image/png")
    yield Upload("a GIF of 4 billion pixels", b"GIF89a\xff\xff\xff\xff" + gif_frames(1)[10:], OTHER)
    yield Upload("a GIF of 10,000 frames", gif_frames(10_000), OTHER)
    yield Upload("a GIF that is a script too", b"GIF89a=1;alert('gotcha');//" + bytes(40), OTHER)
    yield Upload("a TIFF of 4 exapixels", TIFF, OTHER, b"zaku.tif", b"image/tiff")
    yield Upload("a BMP of an exapixel", BMP, OTHER)
    yield Upload("an SVG with a script", SVG, OTHER, b"zaku.svg", b"image/svg+xml")
    yield Upload("an SVG called PNG", SVG, OTHER, b"zaku.png", b"image/png")
    yield Upload("an SVG that asks for a file of ours", XXE, OTHER, b"zaku.svg", b"image/svg+xml")
    yield Upload("a page called JPEG", b"<!doctype html>" + PAYLOAD, OTHER)
    yield Upload("a page in a WebP's clothes", b"RIFF\xff\0\0\0WEBP" + PAYLOAD, DAMAGED)
    yield Upload("a page that begins like a PNG", b"\x89PNG\r\n\x1a\n" + PAYLOAD, DAMAGED)
    yield Upload("a script for the server", b"<?php system($_GET['c']); ?>", OTHER, b"zaku.php.jpg")
    yield Upload("a program", b"\x7fELF\2\1\1" + bytes(200), OTHER, b"zaku.jpg.exe")
    yield Upload("an archive", zip_file(), OTHER, b"zaku.zip", b"application/zip")
    yield Upload("an archive with a JPEG behind it", zip_file() + picture(), OTHER)
    yield Upload("a PDF with a JPEG in it", b"%PDF-1.4\n1 0 obj stream\n" + picture() + b"\nendstream %%EOF", OTHER)
    yield Upload("a program for a printer", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nquit", OTHER)
    yield Upload("an icon", picture("ICO", "RGBA", (32, 32)), OTHER)
    yield Upload("a JPEG behind a page", PAYLOAD + picture(), OTHER)


def taken() -> Iterator[Upload]:
    """Sound pictures: some with something hidden in them, some under names that are none, some merely rare."""
    yield Upload("a JPEG with a page behind it", picture() + PAYLOAD)
    yield Upload("a JPEG with a page as its comment", inside(segment(0xFE, PAYLOAD)))
    yield Upload("a JPEG with a script that opens as a comment", inside(segment(0xE0, b"*/=1;" + PAYLOAD + b"/*")))
    yield Upload("a JPEG with a PDF behind it", picture() + b"%PDF-1.4\n" + PAYLOAD + b"%%EOF")
    yield Upload("a JPEG with the camera's notes", picture(exif=camera_notes()))
    yield Upload("a JPEG with notes that are none", inside(segment(0xE1, b"Exif\0\0" + PAYLOAD)))
    yield Upload("a JPEG with XMP", inside(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PAYLOAD)))
    yield Upload("a JPEG stuffed with 3 MB beside itself", inside(segment(0xED, PAYLOAD + bytes(60_000)) * 50))
    yield Upload("a JPEG with a profile that is none", picture(icc_profile=PAYLOAD * 50))
    yield Upload("a PNG with an archive behind it", picture("PNG") + zip_file())
    yield Upload("a PNG with texts", picture("PNG", pnginfo=png_text()))
    yield Upload("a PNG with a chunk of its own", beside(chunk(b"hiDe", PAYLOAD)))
    yield Upload("a PNG whose pixels go on for 100 MB", png(8, 8, depth=8, data=bomb(100)))
    yield Upload("a WebP with notes", picture("WEBP", exif=b"Exif\0\0" + PAYLOAD, xmp=PAYLOAD))
    yield Upload("a name that climbs", picture(), name=b"../../../etc/passwd")
    yield Upload("a name that climbs on Windows", picture(), name=b"..\\..\\windows\\zaku.jpg")
    yield Upload("a name with a zero in it", picture(), name=b"zaku.php\0.jpg")
    yield Upload("a name that reads backwards", picture(), name="zaku\u202egpj.exe".encode())
    yield Upload("a name of 800 letters", picture(), name=b"z" * 800 + b".jpg")
    yield Upload("a name with a script", picture(), name=PAYLOAD.replace(b"'", b"") + b".jpg")
    yield Upload("a picture called a page", picture(), name=b"zaku.html", kind=b"text/html")
    yield Upload("a PNG called SVG", picture("PNG"), name=b"zaku.svg", kind=b"image/svg+xml")
    yield Upload("a JPEG for print", picture(mode="CMYK"))
    yield Upload("a progressive JPEG", picture(progressive=True))
    yield Upload("a grey JPEG", picture(mode="L"))
    preview = Image.new("RGB", (9, 9))
    yield Upload("a JPEG with a preview beside it", picture("MPO", save_all=True, append_images=[preview]))
    yield Upload("a PNG of 16 bits", picture("PNG", "I;16"))
    yield Upload("a PNG of one bit", picture("PNG", "1"))
    yield Upload("a PNG of few colours, one clear", picture("PNG", "P", transparency=0))
    yield Upload("a grey PNG that lets through", picture("PNG", "LA"))
    yield Upload("a strip", picture("PNG", size=(9_000, 1)))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield Upload("a JPEG with a true profile", picture(icc_profile=srgb))
