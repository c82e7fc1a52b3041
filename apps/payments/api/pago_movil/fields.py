"""Fields that read what people type, in the ways of pago_movil/reading.py."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common import pictures, private_files
from apps.payments.pago_movil.reading import Unreadable

LONGEST_SIDE = 2000
PROOF_FILE = {(200, kind): OpenApiTypes.BINARY for kind in ("image/webp", "application/pdf")}


@extend_schema_field({"type": "string"})
class TypedField(serializers.Field[Any, str, str, Any]):
    """Text that `read` makes into one spelling, or refuses with a sentence for whoever typed it."""

    def __init__(self, read: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.read = read

    def to_internal_value(self, data: str) -> Any:
        try:
            return self.read(data if isinstance(data, str) else "")
        except Unreadable as refusal:
            raise serializers.ValidationError(str(refusal)) from refusal

    def to_representation(self, value: Any) -> str:
        return str(value)


@extend_schema_field({"type": "string", "format": "binary"})
class ProofField(serializers.FileField):
    """A JPEG, PNG or WebP, of which come the bytes of a picture that we encoded ourselves; or a PDF, as it is."""

    def to_internal_value(self, data: Any) -> Any:
        file: Any = super().to_internal_value(data)
        content = file.read(pictures.MOST_BYTES + 1)
        try:
            if content.startswith(private_files.PDF_BEGINS):
                return private_files.check_pdf(content)
            return pictures.as_webp(BytesIO(content), longest_side=LONGEST_SIDE)
        except (pictures.NotAPicture, private_files.NotAPdf) as refusal:
            raise serializers.ValidationError(str(refusal)) from refusal
