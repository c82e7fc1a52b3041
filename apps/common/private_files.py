"""Files of one person: sent through a view that has looked who asks, never from an address of their own.

A picture is one that we encoded ourselves, and may be shown. A PDF is kept as it came: nobody here has looked into it,
so it is only ever handed over as a file, which a browser does not open beside our pages.
"""

from __future__ import annotations

from typing import Literal
from uuid import uuid4

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase

MediaType = Literal["", "image/webp", "application/pdf"]
PDF_BEGINS, PDF_ENDS = b"%PDF-", b"%%EOF"
MOST_BYTES_OF_A_PDF = 5 * 1024 * 1024


class NotAPdf(Exception):
    """The file cannot be kept; the message is one sentence for a person."""


def check_pdf(content: bytes) -> bytes:
    """The same bytes, if they begin and end as a PDF does and are not too many; what is between, nobody knows.

    Raises:
        NotAPdf
    """
    if len(content) > MOST_BYTES_OF_A_PDF:
        raise NotAPdf(f"The file is larger than {MOST_BYTES_OF_A_PDF // 1024 // 1024} MB.")
    if not content.startswith(PDF_BEGINS) or PDF_ENDS not in content[-1024:]:
        raise NotAPdf("The PDF is damaged.")
    return content


def new_name(content: bytes) -> str:
    """A name of our own for a picture that we encoded, or for a PDF."""
    return f"{uuid4()}.{'pdf' if content.startswith(PDF_BEGINS) else 'webp'}"


def media_type(file: FieldFile) -> MediaType:
    """By the name that we gave it; nothing, if there is no file."""
    if not file.name:
        return ""
    return "application/pdf" if file.name.endswith(".pdf") else "image/webp"


def private_response(file: FieldFile) -> HttpResponse:
    """For one reader: no cache keeps it, a browser takes it for nothing else, and a PDF is saved, not shown."""
    kind = media_type(file)
    with file.open("rb") as stream:
        response = HttpResponse(stream.read(), content_type=kind)
    if kind == "application/pdf":
        response["Content-Disposition"] = 'attachment; filename="proof.pdf"'
    _guard(response)
    return response


def archive_response(archive: FieldFile, *, name: str) -> FileResponse:
    """A ZIP to save under that name, sent piece by piece."""
    response = FileResponse(archive.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
    _guard(response)
    return response


def _guard(response: HttpResponseBase) -> None:
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
