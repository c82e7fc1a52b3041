"""Rates as JSON. A rate is a string with as many places as it has; it never becomes a float on the way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api.fields import MoneyField, MoneyInput
from apps.fx_rates.bank_days import caracas_date
from apps.fx_rates.models import (
    AlertKind,
    ExchangeQuote,
    ExchangeRateAlert,
    ExchangeRateSnapshot,
    RateKind,
    Reason,
    Verdict,
)
from apps.fx_rates.selectors import Conversion, Point, Rate, SourceRecord, Statistics


@extend_schema_field({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "example": "784.6633"})
class FigureField(serializers.Field[Decimal, Any, str, Any]):
    """A rate or a percentage, without the zeros that the column adds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Decimal) -> str:
        return f"{value.normalize():f}"


class CurrencyField(serializers.RegexField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[A-Z]{3}\Z", help_text="ISO 4217, such as VES.", **kwargs)


class RateSerializer(serializers.Serializer[Rate]):
    """One dollar costs `rate` units of `currency`; source and age are always said."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    base_currency = serializers.CharField(source="base", read_only=True)
    currency = serializers.CharField(read_only=True)
    rate = FigureField()
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]  # a field of that name
    kind = serializers.ChoiceField(RateKind.choices, read_only=True)
    value_date = serializers.DateField(read_only=True, help_text="The bank day in Caracas from which it holds.")
    age_days = serializers.SerializerMethodField(help_text="Days since the value date.")
    effective_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="Manual rates only.")
    is_fallback = serializers.BooleanField(
        read_only=True, help_text="No rate is fit: this is the last accepted one plus the owner's margin."
    )
    margin_percent = FigureField(help_text="Contained in `rate`; 0 unless it is a fallback.")

    def get_age_days(self, rate: Rate) -> int:
        moment = self.context.get("at") or timezone.now()
        return max(0, (caracas_date(moment) - rate.value_date).days)


class QuoteSerializer(serializers.ModelSerializer[ExchangeQuote]):
    """An amount promised in another currency until `expires_at`; what is charged and given back by it is `after`."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    before = MoneyField()
    after = MoneyField()
    rate = FigureField()

    class Meta:
        model = ExchangeQuote
        fields = [
            "id",
            "before",
            "after",
            "rate",
            "rounding",
            "source",
            "value_date",
            "is_fallback",
            "created_at",
            "expires_at",
        ]
        read_only_fields = fields


class PastRateSerializer(serializers.ModelSerializer[ExchangeRateSnapshot]):
    """One line of the history."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    rate = FigureField()

    class Meta:
        model = ExchangeRateSnapshot
        fields = [
            "id",
            "base_currency",
            "currency",
            "rate",
            "source",
            "kind",
            "value_date",
            "effective_at",
            "expires_at",
        ]
        read_only_fields = fields


class ManualRateSerializer(PastRateSerializer):
    """A manual rate as staff see it."""

    class Meta(PastRateSerializer.Meta):
        fields = [*PastRateSerializer.Meta.fields, "reason", "actor"]
        read_only_fields = fields


class CurrencyInput(serializers.Serializer[dict[str, Any]]):
    currency = CurrencyField(required=False, default=lambda: settings.FX_CURRENCIES[0])


class MomentInput(CurrencyInput):
    at = serializers.DateTimeField()


class StatisticsInput(CurrencyInput):
    days = serializers.IntegerField(min_value=1, max_value=3660, required=False, default=30)


class ConvertInput(serializers.Serializer[dict[str, Any]]):
    amount = MoneyInput()
    currency = CurrencyField()


class ConversionSerializer(serializers.Serializer[Conversion]):
    amount = MoneyField(source="before")
    converted = MoneyField(source="after", help_text="Rounded half up, once.")
    rate = FigureField(help_text="Of the two currencies, to ten places; the conversion itself uses all of them.")
    rates = RateSerializer(many=True, read_only=True, source="legs", help_text="What it went through.")


class ManualRateInput(serializers.Serializer[dict[str, Any]]):
    currency = CurrencyField()
    rate = serializers.DecimalField(max_digits=20, decimal_places=10, min_value=Decimal("1e-10"))
    expires_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=300)


class FetchInput(serializers.Serializer[dict[str, Any]]):
    force = serializers.BooleanField(default=True, help_text="Ask sources whose answer is still new, too.")


class AnswerSerializer(serializers.Serializer[dict[str, Any]]):
    """What one source said, and what became of it."""

    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    currency = serializers.CharField(allow_blank=True)
    rate = FigureField(allow_null=True)
    value_date = serializers.DateField(allow_null=True)
    verdict = serializers.ChoiceField(Verdict.choices)
    reason = serializers.ChoiceField(Reason.choices, allow_blank=True)
    detail = serializers.CharField(allow_blank=True)


class FetchReportSerializer(serializers.Serializer[Any]):
    answers = AnswerSerializer(many=True)
    resting = serializers.ListField(child=serializers.CharField(), help_text="Sources that were not asked.")
    accepted = serializers.IntegerField(help_text="How many answers became a rate.")


class PointSerializer(serializers.Serializer[Point]):
    value_date = serializers.DateField()
    rate = FigureField()


class SourceRecordSerializer(serializers.Serializer[SourceRecord]):
    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    answers = serializers.IntegerField()
    failures = serializers.IntegerField()
    last_answer_at = serializers.DateTimeField(allow_null=True)


class StatisticsSerializer(serializers.Serializer[Statistics]):
    currency = serializers.CharField()
    days = serializers.IntegerField()
    lowest = FigureField(allow_null=True)
    highest = FigureField(allow_null=True)
    change_percent = FigureField(allow_null=True, help_text="From the first point to the last.")
    largest_step_percent = FigureField(allow_null=True)
    points = PointSerializer(many=True)
    sources = SourceRecordSerializer(many=True)


class AlertSerializer(serializers.ModelSerializer[ExchangeRateAlert]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    kind = serializers.ChoiceField(AlertKind.choices, read_only=True)
    change_percent = FigureField(allow_null=True)

    class Meta:
        model = ExchangeRateAlert
        fields = [
            "id",
            "kind",
            "currency",
            "detail",
            "change_percent",
            "created_at",
            "acknowledged_at",
            "acknowledged_by",
            "note",
        ]
        read_only_fields = fields


class AcknowledgeInput(serializers.Serializer[dict[str, Any]]):
    note = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
