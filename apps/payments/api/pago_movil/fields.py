"""Fields that read what people type, in the ways of pago_movil/reading.py."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common import pictures
from apps.payments.pago_movil.reading import Unreadable

LONGEST_SIDE = 2000


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
class PictureField(serializers.FileField):
    """A JPEG, PNG or WebP; what comes of it are the bytes of a picture that we encoded ourselves."""

    def to_internal_value(self, data: Any) -> Any:
        file: Any = super().to_internal_value(data)
        try:
            return pictures.as_webp(BytesIO(file.read(pictures.MOST_BYTES + 1)), longest_side=LONGEST_SIDE)
        except pictures.NotAPicture as refusal:
            raise serializers.ValidationError(str(refusal)) from refusal
