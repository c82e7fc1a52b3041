"""Serializer fields that several apps share."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.money import Money


@extend_schema_field(
    {
        "type": "object",
        "required": ["amount", "currency"],
        "properties": {
            "amount": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "example": "12.34"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "USD"},
        },
    }
)
class MoneyField(serializers.Field[Money, Any, dict[str, str], Any]):
    """Money in an answer: {"amount": "12.34", "currency": "USD"}. Its source is a property that returns Money."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Money) -> dict[str, str]:
        return value.as_json()
