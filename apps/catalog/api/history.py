"""A product's history for those who look after it, and its prices for everybody."""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.catalog import selectors
from apps.catalog.api.editions import edition_of, of_an_edition, read_in_one_edition
from apps.catalog.api.serializers import serializer_for
from apps.catalog.api.views import PublicView
from apps.catalog.selectors import ACTIONS, History, HistoryEntry, PriceHistory
from apps.common.api.pagination import PageNumberPagination

PriceHistorySerializer = serializer_for(PriceHistory)


@extend_schema_field(
    {
        "nullable": True,
        "oneOf": [
            {"type": "string"},
            {"type": "number"},
            {"type": "boolean"},
            {"type": "array", "items": {}},
        ],
    }
)
class AnyValueField(serializers.Field[Any, Any, Any, Any]):
    """What a column holds, as JSON; null where there was nothing."""

    def to_representation(self, value: Any) -> Any:
        return value


class FieldChangeSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="A column, or a key inside one: `attributes.grade`.")

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's."""
        ends = {"from": AnyValueField(source="before"), "to": AnyValueField(source="after")}
        return {**super().get_fields(), **ends}


class ActorSerializer(serializers.Serializer[User]):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="get_full_name", help_text="Empty for who has given none.")


class HistoryEntrySerializer(serializers.Serializer[HistoryEntry]):
    at = serializers.DateTimeField()
    of = serializers.ChoiceField(choices=["product", "variant", "image", "offer"])
    name = serializers.CharField(
        help_text="The product's name, a variant's or offer's SKU, the picture's text or file."
    )
    action = serializers.ChoiceField(
        choices=list(ACTIONS.values()), help_text="`known` tells how it was when histories began to be kept."
    )
    actor = ActorSerializer(allow_null=True, help_text="Null where no account acted, but a command or a task.")
    through = serializers.CharField(help_text="`admin`, `api`, or the command or task; empty for who told nothing.")
    changes = FieldChangeSerializer(many=True)


class ProductHistoryView(GenericAPIView[Any]):
    """Every change of a product, of its variants and its pictures, newest first.

    For staff who may see products, and for who works in its store; to others there is no such product.
    """

    serializer_class = HistoryEntrySerializer
    pagination_class = PageNumberPagination
    filter_backends = []

    @extend_schema(operation_id="products_history", responses=HistoryEntrySerializer(many=True))
    def get(self, request: Request, name: str) -> Response:
        history: Any = History(selectors.find_product(name=name, user=request.user))
        page: Any = self.paginate_queryset(history)
        return self.get_paginated_response(HistoryEntrySerializer(page, many=True).data)


class PriceHistoryView(PublicView):
    """What each variant of a product cost and since when, for a chart."""

    @extend_schema(operation_id="products_price_history", responses=PriceHistorySerializer)
    def get(self, request: Request, name: str) -> HttpResponse:
        reading = read_in_one_edition(partial(selectors.prices_seen, name), edition_of(request))
        return of_an_edition(orjson.dumps(reading.seen.prices), reading)
