"""Reviews: everybody reads, buyers write, the shop replies."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors as catalog_selectors
from apps.catalog.models import ProductDocument
from apps.common.api.inputs import read
from apps.common.api.pagination import PageNumberPagination
from apps.reviews import selectors, services
from apps.reviews.api.serializers import (
    OwnReviewSerializer,
    ReplyInput,
    ReviewChangeInput,
    ReviewInput,
    ReviewSerializer,
)
from apps.reviews.models import Review


class ReviewFilter(django_filters.FilterSet):
    rating = django_filters.NumberFilter(max_digits=3, label="Only those that gave so many stars.")
    ordering = django_filters.OrderingFilter(fields={"rating": "rating", "pk": "created_at"})

    class Meta:
        model = Review
        fields: list[str] = []


class RatedPagination(PageNumberPagination):
    """The usual pages, with what the product is rated in all."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        paginated: dict[str, Any] = super().get_paginated_response_schema(schema)
        rated = {
            "rating": {"allOf": [{"$ref": "#/components/schemas/Rating"}], "nullable": True},
            "rating_histogram": {"$ref": "#/components/schemas/Histogram"},
        }
        return {**paginated, "properties": {**paginated["properties"], **rated}}


class ProductReviewsView(generics.ListAPIView[Review]):
    queryset = Review.objects.none()
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilter
    pagination_class = RatedPagination

    def get_permissions(self) -> list[BasePermission]:
        return [IsAuthenticated() if self.request.method == "POST" else AllowAny()]

    @cached_property
    def document(self) -> ProductDocument:
        return catalog_selectors.get_document(self.kwargs["name"])

    def get_queryset(self) -> QuerySet[Review]:
        return selectors.shown_reviews_of(self.document.product_id)

    @extend_schema(operation_id="products_reviews_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What buyers say of a product, the newest first, and how often each number of stars was given."""
        answer = super().get(request, *args, **kwargs)
        answer.data |= {name: self.document.detail[name] for name in ("rating", "rating_histogram")}
        return answer

    @extend_schema(operation_id="products_reviews_create", request=ReviewInput, responses={201: OwnReviewSerializer})
    def post(self, request: Request, name: str) -> Response:
        """Say what you think of what you have bought. Staff look at it first, where the shop wants that."""
        said = read(ReviewInput, request.data)
        review = services.write_review(author=_me(request), product_id=self.document.product_id, **said)
        return Response(OwnReviewSerializer(review).data, status=201)


class OwnReviewsView(generics.ListAPIView[Review]):
    """Your own reviews, shown or not."""

    queryset = Review.objects.none()
    serializer_class = OwnReviewSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[Review]:
        return selectors.reviews_by(self.request.user)


class ReviewView(APIView):
    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method == "GET" else IsAuthenticated()]

    @extend_schema(operation_id="reviews_retrieve", responses=ReviewSerializer)
    def get(self, request: Request, review_id: UUID) -> Response:
        """One review. Its author reads with it what became of it."""
        review = selectors.find_review(review_id=review_id, user=request.user)
        is_own = review.author_id == request.user.pk or request.user.has_perm(selectors.MODERATE)
        return Response((OwnReviewSerializer if is_own else ReviewSerializer)(review).data)

    @extend_schema(operation_id="reviews_update", request=ReviewChangeInput, responses=OwnReviewSerializer)
    def patch(self, request: Request, review_id: UUID) -> Response:
        """Change your own; staff look at it again."""
        review = selectors.find_own_review(review_id=review_id, user=request.user)
        changed = services.change_review(review_id=review.pk, **read(ReviewChangeInput, request.data))
        return Response(OwnReviewSerializer(changed).data)

    @extend_schema(operation_id="reviews_destroy", responses={204: None})
    def delete(self, request: Request, review_id: UUID) -> Response:
        """Take your own away."""
        review = selectors.find_own_review(review_id=review_id, user=request.user)
        services.delete_review(review_id=review.pk)
        return Response(status=204)


class ReplyView(APIView):
    """For those who sell in the product's store, and for staff who moderate."""

    @extend_schema(operation_id="reviews_reply_update", request=ReplyInput, responses=ReviewSerializer)
    def put(self, request: Request, review_id: UUID) -> Response:
        """Reply for the shop; another reply takes its place."""
        review = selectors.find_review_to_answer(review_id=review_id, user=request.user)
        said = read(ReplyInput, request.data)
        return Response(ReviewSerializer(services.reply_to_review(review_id=review.pk, **said)).data)

    @extend_schema(operation_id="reviews_reply_destroy", responses={204: None})
    def delete(self, request: Request, review_id: UUID) -> Response:
        """Take the shop's reply away."""
        review = selectors.find_review_to_answer(review_id=review_id, user=request.user)
        services.reply_to_review(review_id=review.pk, reply="")
        return Response(status=204)


def _me(request: Request) -> Any:
    return request.user  # IsAuthenticated has seen to it
