from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.bulk.models import BulkChange, BulkChangeRow, Method, Target
from apps.bulk.rules import Rule
from apps.bulk.selectors import progress_of
from apps.bulk.services import Selection
from apps.bulk.services.previewing import MOST_ROWS
from apps.catalog.models import ProductStatus

RULES = [(method.value, method.label) for method in (Method.SET, Method.ADD, Method.PERCENT, Method.EACH)]


class BulkChangeSerializer(serializers.ModelSerializer[BulkChange]):
    """A rule for many variants; its rows say what it does to each."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    store = serializers.CharField(source="store.slug", read_only=True)
    rule = serializers.CharField(read_only=True, help_text="In words.")
    selection = serializers.DictField(read_only=True)
    undoes = serializers.UUIDField(source="undoes.public_id", read_only=True, allow_null=True, default=None)
    previewed_by = serializers.EmailField(source="actor.email", read_only=True)
    applied_by = serializers.EmailField(source="applied_by.email", read_only=True, allow_null=True, default=None)

    class Meta:
        model = BulkChange
        fields = [
            *("id", "store", "target", "method", "value", "ending", "rule", "selection", "note", "status", "undoes"),
            *("previewed_by", "created_at", "applied_by", "begun_at", "ended_at"),
        ]
        read_only_fields = fields


class BulkProgressSerializer(serializers.Serializer[Any]):
    """Rows by what became of them."""

    done = serializers.IntegerField(help_text="Of the planned ones: applied or skipped.")
    total = serializers.IntegerField(help_text="That were planned.")
    applied = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="They were no longer as the preview had seen them.")
    refused = serializers.IntegerField(help_text="The rule does not fit them.")
    unchanged = serializers.IntegerField(help_text="They have the value already.")


class BulkChangeDetailSerializer(BulkChangeSerializer):
    """The same with how far it has come."""

    progress = serializers.SerializerMethodField()

    class Meta(BulkChangeSerializer.Meta):
        fields = [*BulkChangeSerializer.Meta.fields, "progress"]
        read_only_fields = fields

    def get_progress(self, change: BulkChange) -> BulkProgressSerializer:
        return BulkProgressSerializer(progress_of(change)).data  # type: ignore[return-value]  # tells the schema its shape


class BulkRowSerializer(serializers.ModelSerializer[BulkChangeRow]):
    """One price in the store's currency, or the units of one stock item."""

    class Meta:
        model = BulkChangeRow
        fields = ["sku", "before", "after", "outcome", "reason"]
        read_only_fields = fields


class WhereInput(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=80, required=False, help_text="Part of the name or of a SKU.")
    category = serializers.SlugField(max_length=120, required=False, help_text="A slug; those below count.")
    tag = serializers.SlugField(max_length=60, required=False)
    product_type = serializers.SlugField(required=False)
    status = serializers.ChoiceField(choices=ProductStatus.choices, required=False)


class _Asked(serializers.Serializer[Any]):
    store = serializers.SlugField(required=False, help_text="Its slug; left out, the default store or your own.")
    target = serializers.ChoiceField(choices=Target.choices)
    value = serializers.DecimalField(max_digits=16, decimal_places=4, required=False)
    ending = serializers.DecimalField(
        max_digits=3,
        decimal_places=2,
        min_value=Decimal(0),
        max_value=Decimal("0.99"),
        required=False,
        help_text="What new prices end in, such as 0.99: the nearest that does.",
    )
    location = serializers.SlugField(max_length=40, required=False, help_text="For stock: a place's code.")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="Why.")


class BulkChangeInput(_Asked):
    """Which variants: `skus`, or `values` (each SKU with its own), or else those that fit `where`."""

    method = serializers.ChoiceField(choices=RULES)
    where = WhereInput(required=False)
    skus = serializers.ListField(child=serializers.CharField(max_length=64), required=False, max_length=MOST_ROWS)
    values = serializers.DictField(
        child=serializers.DecimalField(max_digits=16, decimal_places=4, min_value=Decimal(0)),
        required=False,
        help_text='For the method "each": {"SKU-1": "12.50"}.',
    )

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if (said["method"] == Method.EACH) != ("values" in said):
            raise serializers.ValidationError({"values": ['They belong to the method "each".']})
        if "values" in said and len(said["values"]) > MOST_ROWS:
            raise serializers.ValidationError({"values": [f"At most {MOST_ROWS} at a time."]})
        if any(len(sku) > 64 or "\0" in sku for sku in said.get("values", {})):
            raise serializers.ValidationError({"values": ["There is something that is no SKU."]})
        return said


class FileInput(_Asked):
    """A CSV file with the column `sku`, and for the method "each" the column `value`."""

    method = serializers.ChoiceField(choices=RULES, default=Method.EACH)
    file = serializers.FileField()


class UndoInput(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="Why.")


def rule_of(said: Mapping[str, Any]) -> Rule:
    return Rule(Target(said["target"]), Method(said["method"]), said.get("value"), said.get("ending"))


def selection_of(said: Mapping[str, Any]) -> Selection:
    values = said.get("values")
    if values is None and "skus" in said:
        values = dict.fromkeys(said["skus"])
    return Selection(where=said.get("where", {}), values=values, location=said.get("location", ""))
