"""Finding products by words. What was found is kept for its edition; each search is counted, so no answer is."""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog import selectors, services
from apps.catalog.api.editions import edition_of, read_in_one_edition
from apps.catalog.api.filters import ProductFilterSet, facets_asked_for, list_of
from apps.catalog.api.languages import LANGUAGE, language_of
from apps.catalog.api.pagination import CardPagination, by_number
from apps.catalog.api.serializers import CardSerializer, serializer_for
from apps.catalog.api.views import ATTRIBUTE, FACETS, PublicView
from apps.catalog.models import ProductDocument, SearchActionKind
from apps.catalog.selectors import FoundPage, Plain, Reading, Slice, Window
from apps.catalog.selectors.search import Highlight, Suggestions
from apps.catalog.words import words_of

MOST_LETTERS = 100
ORDERINGS = [selectors.RELEVANCE, *selectors.ORDERINGS]
Q = OpenApiParameter("q", required=True, description=f"What to look for, up to {MOST_LETTERS} letters.")
ORDERING = OpenApiParameter("ordering", enum=ORDERINGS, default=selectors.RELEVANCE)
HighlightSerializer = serializer_for(Highlight)
SuggestionsSerializer = serializer_for(Suggestions)


class FoundCardSerializer(CardSerializer):  # type: ignore[valid-type,misc]  # made from the documents' shapes
    """A product in a list of what was found."""

    highlight = HighlightSerializer()


class SearchPagination(CardPagination):
    """Pages by number only: what fits best has no place that one could go on from."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        paginated: dict[str, Any] = super().get_paginated_response_schema(schema)
        search = {
            "type": "string",
            "format": "uuid",
            "nullable": True,
            "description": "Names this search in `actions/`.",
        }
        meant = {"type": "string", "nullable": True, "description": "What was looked for in place of misspelt words."}
        partial_ = {"type": "boolean", "description": "No product has all of the words; these have some."}
        told = {"search": search, "did_you_mean": meant, "is_partial": partial_}
        return {**paginated, "properties": {**told, **paginated["properties"]}}


class SearchView(PublicView, GenericAPIView[ProductDocument]):
    """Products by words, SKU or barcode, in the order of how well they fit; the filters of the list hold here too."""

    queryset = ProductDocument.objects.all()
    serializer_class = FoundCardSerializer
    filterset_class = ProductFilterSet
    pagination_class = SearchPagination

    @extend_schema(
        operation_id="products_search",
        parameters=[Q, ORDERING, ATTRIBUTE, FACETS, LANGUAGE],
        responses=FoundCardSerializer(many=True),
    )
    def get(self, request: Request) -> HttpResponse:
        params = request.query_params
        typed = _typed(request)
        ordering = params.get("ordering") or selectors.RELEVANCE
        if ordering not in ORDERINGS:
            raise ValidationError({"ordering": [f"Choose one of {', '.join(ORDERINGS)}."]})
        asked = f"search?{request.META.get('QUERY_STRING', '')}"

        def look(part: Slice, window: Window) -> FoundPage:
            understood = selectors.understand(typed)
            filters = ProductFilterSet.asked_by(params)
            facets = facets_asked_for(request) if "facets" in params else ()
            wanted = list_of(filters, ordering, facets, window, understood.narrow, language_of(request))
            return selectors.page_of_found(wanted, understood, part, window)

        def page(part: Slice, window: Window) -> FoundPage:
            return window.find(asked, partial(look, part, window))

        def read(part: Slice) -> Reading[FoundPage]:
            return read_in_one_edition(partial(page, part), edition_of(request))

        pagination = SearchPagination()
        size = pagination.get_page_size(request) or pagination.page_size
        reading, number, later, earlier = by_number(request, size, read)
        found: FoundPage = reading.seen
        public_id = services.log_search(typed=typed, page=number, hits=found.count, is_partial=found.is_partial)
        head = {"search": public_id, "did_you_mean": found.did_you_mean, "is_partial": found.is_partial}
        body = orjson.dumps({**head, "count": found.count, "rate": reading.window.money.shown}).decode()
        counts = f'"facets":{found.facets},' if found.facets is not None else ""
        return _uncached(
            f'{body[:-1]},"next":{later},"previous":{earlier},{counts}"results":[{",".join(found.cards)}]}}'.encode()
        )


class SuggestView(PublicView):
    """The few products that somebody may mean who is still typing."""

    @extend_schema(operation_id="products_suggest", parameters=[Q, LANGUAGE], responses=SuggestionsSerializer)
    def get(self, request: Request) -> HttpResponse:
        typed, language = _typed(request), language_of(request)

        def read(window: Window) -> Plain:
            return window.find(f"suggest?{language} {typed}", partial(selectors.suggestions, typed, language))

        reading = read_in_one_edition(read, edition_of(request))
        return _uncached(orjson.dumps(reading.seen.value))


class SearchActionInput(serializers.Serializer[Any]):
    search = serializers.UUIDField(help_text="As the search's answer named it.")
    product = serializers.SlugField(max_length=140)
    kind = serializers.ChoiceField(choices=SearchActionKind.choices, default=SearchActionKind.OPENED)


class SearchActionView(PublicView):
    """A storefront tells that a product was opened, or put into a cart, out of what a search had found.

    It is counted without saying who; what is told twice, or of a search that is not known any more, counts nothing.
    """

    @extend_schema(operation_id="products_search_actions", request=SearchActionInput, responses={204: None})
    def post(self, request: Request) -> Response:
        params = SearchActionInput(data=request.data)
        params.is_valid(raise_exception=True)
        told = params.validated_data
        services.note_action(search_id=told["search"], slug=told["product"], kind=SearchActionKind(told["kind"]))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _typed(request: Request) -> str:
    typed = request.query_params.get("q", "")
    if len(typed) > MOST_LETTERS:
        raise ValidationError({"q": [f"At most {MOST_LETTERS} letters."]})
    if not words_of(typed):
        raise ValidationError({"q": ["Say what to look for."]})
    return typed


def _uncached(body: bytes) -> HttpResponse:
    response = HttpResponse(body, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
