"""Files of one person: sent through a view that has looked who asks, never from an address of their own."""

from django.db.models.fields.files import FieldFile
from django.http import HttpResponse


def picture_response(picture: FieldFile) -> HttpResponse:
    """A WebP that we encoded ourselves, for one reader: no cache keeps it, and a browser takes it for nothing else."""
    with picture.open("rb") as file:
        response = HttpResponse(file.read(), content_type="image/webp")
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
