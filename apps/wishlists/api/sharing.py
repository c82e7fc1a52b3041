"""Links to a list: their owner's, and what whoever has one reads."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.api.inputs import read
from apps.common.api.pagination import PageNumberPagination
from apps.wishlists import selectors, services
from apps.wishlists.api.serializers import (
    NewShareSerializer,
    SharedWishlistSerializer,
    SharedWishSerializer,
    ShareInput,
    ShareSerializer,
)
from apps.wishlists.api.views import WISHLIST_ID, named
from apps.wishlists.models import WishlistItem, WishlistShare


@extend_schema(parameters=[WISHLIST_ID])
class SharesView(generics.ListAPIView[WishlistShare]):
    queryset = WishlistShare.objects.none()
    serializer_class = ShareSerializer
    permission_classes = [IsAuthenticated]
    filter_backends = []

    def get_queryset(self) -> QuerySet[WishlistShare]:
        return selectors.shares_of(named(self.request, self.kwargs["wishlist_id"]))

    @extend_schema(operation_id="wishlists_share_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The links to the list, also those that are over, the newest first, and how often each was opened."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="wishlists_share_create", request=ShareInput, responses={201: NewShareSerializer})
    def post(self, request: Request, wishlist_id: str) -> Response:
        """Make a link. Its token is told this once. A private list becomes `by_link`."""
        said = read(ShareInput, request.data)
        share, token = services.share_wishlist(wishlist_id=named(request, wishlist_id).pk, **said)
        return Response(NewShareSerializer(share, context={"token": token}).data, status=201)


@extend_schema(parameters=[WISHLIST_ID])
class ShareView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="wishlists_share_destroy", responses={204: None})
    def delete(self, request: Request, wishlist_id: str, share_id: UUID) -> Response:
        """Take a link back."""
        share = selectors.find_own_share(wishlist=named(request, wishlist_id), share_id=share_id)
        services.revoke_share(share_id=share.pk)
        return Response(status=204)


class SharedPagination(PageNumberPagination):
    """The usual pages, with whose list it is."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        paginated: dict[str, Any] = super().get_paginated_response_schema(schema)
        text = {"type": "string"}
        about = {
            "name": text,
            "owner_name": text | {"description": "The first name alone; may be empty."},
            "expires_at": text | {"format": "date-time"},
        }
        wishlist = {"type": "object", "required": list(about), "properties": about}
        return {**paginated, "properties": {"wishlist": wishlist, **paginated["properties"]}}


class SharedWishlistView(generics.ListAPIView[WishlistItem]):
    """Nobody is asked who he is; the token in the address is all that opens it."""

    queryset = WishlistItem.objects.none()
    serializer_class = SharedWishSerializer
    authentication_classes = []
    permission_classes = [AllowAny]
    filter_backends = []
    pagination_class = SharedPagination

    @cached_property
    def share(self) -> WishlistShare:
        return selectors.find_share(self.kwargs["share_token"])

    def get_queryset(self) -> QuerySet[WishlistItem]:
        return selectors.items_of(self.share.wishlist)

    @extend_schema(operation_id="shared_wishlists_retrieve")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A list that somebody has shared. The notes are empty unless the owner shows them. Page 1 counts as opened."""
        wishes = selectors.seen_wishes(self.paginate_queryset(self.get_queryset()) or [])
        if not self.share.shows_notes:
            for wish in wishes:
                wish.item.note = ""
        if request.query_params.get("page", "1") == "1":
            services.count_opening(share_id=self.share.pk)
        answer = self.get_paginated_response(SharedWishSerializer(wishes, many=True).data)
        answer.data = {"wishlist": SharedWishlistSerializer(self.share).data, **answer.data}
        return answer
