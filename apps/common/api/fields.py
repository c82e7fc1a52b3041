"""Serializer fields that several apps share."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.money import Money
from apps.common.phones import MOST_CHARACTERS, NotAPhoneNumber, read_phone

country_code = RegexValidator(r"^[A-Z]{2}\Z", "Use the two capital letters of ISO 3166, like VE.")


class PhoneInput(serializers.Serializer[Any]):
    """For serializers that take a `phone`: it is read as a number of their `country`, and kept in E.164."""

    phone = serializers.CharField(
        max_length=MOST_CHARACTERS,
        required=False,
        allow_blank=True,
        help_text="With + and the country's code, or as it is dialled in the country; kept as +584121234567.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if attrs.get("phone"):
            try:
                attrs["phone"] = read_phone(attrs["phone"], country=self.country_of(attrs))
            except NotAPhoneNumber as error:
                raise serializers.ValidationError({"phone": [str(error)]}, code="invalid_phone") from error
        return attrs

    def country_of(self, attrs: dict[str, Any]) -> str:
        """Where a number without + belongs; empty: where the shop is."""
        return str(attrs.get("country") or self.context.get("country", ""))


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


@extend_schema_field(
    {
        "type": "object",
        "required": ["amount", "currency"],
        "properties": {
            "amount": {"type": "string", "pattern": r"^\d{1,12}(\.\d{1,4})?$", "example": "12.34"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "USD"},
        },
    }
)
class MoneyInput(serializers.Field[Money, Any, dict[str, str], Any]):
    """Money in a request; amounts are strings, as in answers."""

    default_error_messages = {"shape": 'Write {{"amount": "12.34", "currency": "USD"}}, the amount as a string.'}

    def to_internal_value(self, data: Any) -> Money:
        amount, currency = (data.get("amount"), data.get("currency")) if isinstance(data, Mapping) else (None, None)
        if not (isinstance(amount, str) and re.fullmatch(r"\d{1,12}(\.\d{1,4})?", amount, re.ASCII)):
            self.fail("shape")
        if not (isinstance(currency, str) and re.fullmatch(r"[A-Z]{3}", currency, re.ASCII)):
            self.fail("shape")
        return Money(Decimal(amount), currency)

    def to_representation(self, value: Money) -> dict[str, str]:
        return value.as_json()
