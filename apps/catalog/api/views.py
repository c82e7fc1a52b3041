"""The public catalogue. Nobody has to sign in, and nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors
from apps.catalog.api import examples
from apps.catalog.api.editions import LIMIT_BUCKET, edition_of, of_an_edition, read_in_one_edition, read_plainly
from apps.catalog.api.filters import FACET_NAMES, ProductFilterSet, facets_asked_for, list_of
from apps.catalog.api.languages import LANGUAGE, language_of
from apps.catalog.api.pagination import CardPagination
from apps.catalog.api.serializers import (
    AttributeSerializer,
    CardSerializer,
    CategoryNodeSerializer,
    DetailSerializer,
    HomeSerializer,
    TagSerializer,
)
from apps.catalog.api.sparse import fields_asked_for, narrowed
from apps.catalog.documents import Card, Detail
from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import Attribute, ProductDocument, Tag
from apps.catalog.selectors import CardPage, Reading, Slice, Window
from apps.common.api.pagination import PageNumberPagination

ORDERING = OpenApiParameter("ordering", enum=list(selectors.ORDERINGS), default="-published_at")
ATTRIBUTE = OpenApiParameter(
    "attribute.{code}",
    many=True,
    description="Values of an attribute, such as `attribute.grade=HG`; the codes are listed at `/api/v1/attributes/`.",
)
CURSOR = OpenApiParameter(
    "cursor", description="Walk through the list instead of asking for pages: empty first, then what `next` says."
)
FIELDS = OpenApiParameter("fields", description="Only these keys of each product, separated by commas.")
FACETS = OpenApiParameter(
    "facets",
    description="Count the values of these among the products that fit every other filter, separated by commas: "
    f"{', '.join(f'`{name}`' for name in FACET_NAMES)}, `attribute.{{code}}`.",
)


MOVED = OpenApiResponse(
    inline_serializer("Moved", {"slug": serializers.SlugField(), "location": serializers.CharField()}),
    description="The product has another slug now; `Location` leads there.",
)


class PublicView(APIView):
    """No token is looked at, so that an expired one does not close the shop window."""

    authentication_classes = []
    permission_classes = []
    limit_bucket = LIMIT_BUCKET
    format_kwarg = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """What is left of DRF's preparations where nobody is asked who they are."""
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.check_throttles(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Bytes that are ready go out as they are."""
        if isinstance(response, Response):
            return super().finalize_response(request, response, *args, **kwargs)
        return response


class ProductListView(PublicView, GenericAPIView[ProductDocument]):
    """Products that can be seen in the shop, with price, picture and whether they are in stock."""

    queryset = ProductDocument.objects.all()
    serializer_class = CardSerializer
    filterset_class = ProductFilterSet
    pagination_class = CardPagination

    @extend_schema(
        operation_id="products_list",
        parameters=[ORDERING, ATTRIBUTE, CURSOR, FIELDS, FACETS, LANGUAGE],
        responses=CardSerializer(many=True),
        examples=[examples.CARD],
    )
    def get(self, request: Request) -> HttpResponse:
        params = request.query_params
        ordering = params.get("ordering") or "-published_at"
        if ordering not in selectors.ORDERINGS:
            raise ValidationError({"ordering": [f"Choose one of {', '.join(selectors.ORDERINGS)}."]})
        facets = facets_asked_for(request) if "facets" in params else ()
        fields = fields_asked_for(request, Card) if "fields" in params else ()
        language = language_of(request)

        asked = f"list?{ordering} {language} {facets} {ProductFilterSet.named_by(params)}"

        def page(part: Slice, window: Window) -> CardPage:
            wanted = window.facts.get(asked)
            if wanted is None:
                filters = ProductFilterSet.asked_by(params)
                wanted = list_of(filters, ordering, facets, window, language=language)
                window.facts.keep({asked: wanted})
            return selectors.page_of_cards(wanted, part, window)

        def read(part: Slice) -> Reading[CardPage]:
            return read_in_one_edition(partial(page, part), edition_of(request))

        return CardPagination().answer(request, ordering, read, fields)


class ProductDetailView(PublicView):
    """One product with its variants and how many units of each can be bought now."""

    @extend_schema(
        operation_id="products_retrieve",
        parameters=[FIELDS, LANGUAGE],
        responses={200: DetailSerializer, 301: MOVED},
        examples=[examples.DETAIL],
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        fields = fields_asked_for(request, Detail) if "fields" in request.query_params else ()
        read = partial(selectors.detail_seen, name, language=language_of(request))
        try:
            reading = read_in_one_edition(read, edition_of(request))
        except ProductNotFound:
            slug = selectors.moved_to(name)
            if slug is None:
                raise
            return _moved(request, slug)
        seen = reading.seen
        return of_an_edition(orjson.dumps(narrowed(seen.detail, fields)) if fields else seen.body, reading)


def _moved(request: Request, slug: str) -> HttpResponse:
    """Lead to the product's address of now. Who has come by it asks again the next time: it may be renamed back."""
    address = reverse("product", args=[slug])
    query = request.META.get("QUERY_STRING", "")
    location = f"{address}?{iri_to_uri(query)}" if query else address
    body = orjson.dumps({"slug": slug, "location": address})
    headers = {"Cache-Control": "no-cache"}
    return HttpResponsePermanentRedirect(location, content=body, content_type="application/json", headers=headers)


class HomeView(PublicView):
    """Featured, new and reduced products and the tree of categories, for a storefront's first page in one call."""

    @extend_schema(parameters=[LANGUAGE], responses=HomeSerializer)
    def get(self, request: Request) -> HttpResponse:
        reading = read_in_one_edition(partial(selectors.home_seen, language=language_of(request)), edition_of(request))
        home = reading.seen
        shelves = ",".join(f'"{name}":[{",".join(cards)}]' for name, cards in home.shelves.items())
        rate, categories = (orjson.dumps(part).decode() for part in (reading.window.money.shown, home.categories))
        return of_an_edition(f'{{"rate":{rate},{shelves},"categories":{categories}}}'.encode(), reading)


class CategoryTreeView(PublicView):
    """All categories as a tree; a category counts the products in it and below."""

    @extend_schema(parameters=[LANGUAGE], responses=CategoryNodeSerializer(many=True), examples=[examples.CATEGORY])
    def get(self, request: Request) -> HttpResponse:
        return _kept_plainly(request, partial(selectors.category_tree, language_of(request)))


class TagListView(PublicView, ListAPIView[Tag]):
    """Tags in the order of their names, with how many products carry them."""

    serializer_class = TagSerializer
    filter_backends = []
    pagination_class = PageNumberPagination

    def get_queryset(self) -> QuerySet[Tag]:
        return selectors.tags_with_counts()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "language": language_of(self.request)}

    @extend_schema(parameters=[LANGUAGE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]  # bytes
        return _kept_plainly(request, lambda: self.list(request, *args, **kwargs).data)


class AttributeListView(PublicView, ListAPIView[Attribute]):
    """What can be said about products: each attribute with its kind and the product types that have it."""

    queryset = Attribute.objects.prefetch_related("product_types").order_by("position", "code")
    serializer_class = AttributeSerializer
    filter_backends = []
    pagination_class = None

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "language": language_of(self.request)}

    @extend_schema(parameters=[LANGUAGE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]  # bytes
        return _kept_plainly(request, lambda: self.list(request, *args, **kwargs).data)


def _kept_plainly(request: Request, compute: Callable[[], Any]) -> HttpResponse:
    reading = read_plainly(compute, edition_of(request))
    return of_an_edition(orjson.dumps(reading.seen.value), reading)
