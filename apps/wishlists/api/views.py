"""A person's own lists. `favourites` names the default one, which is made when it is first needed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors as catalog_selectors
from apps.common.api.inputs import read
from apps.wishlists import selectors, services
from apps.wishlists.api.serializers import (
    NewWishlistInput,
    WishChangeInput,
    WishInput,
    WishlistChangeInput,
    WishlistSerializer,
    WishSerializer,
)
from apps.wishlists.models import Wishlist, WishlistItem

WISHLIST_ID = OpenApiParameter(
    "wishlist_id", OpenApiTypes.STR, OpenApiParameter.PATH, description="The list's id, or `favourites`."
)


class WishlistsView(generics.ListAPIView[Wishlist]):
    queryset = Wishlist.objects.none()
    serializer_class = WishlistSerializer
    permission_classes = [IsAuthenticated]
    filter_backends = []

    def get_queryset(self) -> QuerySet[Wishlist]:
        return selectors.wishlists_of(self.request.user)

    @extend_schema(operation_id="wishlists_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your lists: the favourites, once there are some, then the newest."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="wishlists_create", request=NewWishlistInput, responses={201: WishlistSerializer})
    def post(self, request: Request) -> Response:
        """Make another list, which nobody else sees."""
        said = read(NewWishlistInput, request.data)
        wishlist = services.create_wishlist(owner=me(request), **said)
        return Response(WishlistSerializer(shown(wishlist, request)).data, status=201)


@extend_schema(parameters=[WISHLIST_ID])
class WishlistView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="wishlists_retrieve", responses=WishlistSerializer)
    def get(self, request: Request, wishlist_id: str) -> Response:
        """One of your lists."""
        return Response(WishlistSerializer(named(request, wishlist_id)).data)

    @extend_schema(operation_id="wishlists_update", request=WishlistChangeInput, responses=WishlistSerializer)
    def patch(self, request: Request, wishlist_id: str) -> Response:
        """Rename it, or say who may see it. A link makes it `by_link` by itself."""
        said = read(WishlistChangeInput, request.data)
        wishlist = services.change_wishlist(wishlist_id=named(request, wishlist_id).pk, **said)
        return Response(WishlistSerializer(shown(wishlist, request)).data)

    @extend_schema(operation_id="wishlists_destroy", responses={204: None})
    def delete(self, request: Request, wishlist_id: str) -> Response:
        """Delete it with all that is on it. The favourites stay."""
        services.delete_wishlist(wishlist_id=named(request, wishlist_id).pk)
        return Response(status=204)


@extend_schema(parameters=[WISHLIST_ID])
class WishesView(generics.ListAPIView[WishlistItem]):
    queryset = WishlistItem.objects.none()
    serializer_class = WishSerializer
    permission_classes = [IsAuthenticated]
    filter_backends = []

    def get_queryset(self) -> QuerySet[WishlistItem]:
        return selectors.items_of(named(self.request, self.kwargs["wishlist_id"]))

    @extend_schema(operation_id="wishlists_items_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is on the list, the newest first, with what each costs now."""
        wishes = selectors.seen_wishes(self.paginate_queryset(self.get_queryset()) or [])
        return self.get_paginated_response(WishSerializer(wishes, many=True).data)

    @extend_schema(operation_id="wishlists_items_create", request=WishInput, responses={201: WishSerializer})
    def post(self, request: Request, wishlist_id: str) -> Response:
        """Put a product on the list. One that is there already stays as it is, and is answered in the same way."""
        said = read(WishInput, request.data)
        document = catalog_selectors.get_document(said["product"])
        item = services.add_item(
            wishlist_id=named(request, wishlist_id).pk,
            product_id=document.product_id,
            variant_public_id=said.get("variant"),
            note=said.get("note", ""),
        )
        return Response(_shown_wish(item), status=201)

    @extend_schema(operation_id="wishlists_items_clear", responses={204: None})
    def delete(self, request: Request, wishlist_id: str) -> Response:
        """Empty the list."""
        services.empty_wishlist(wishlist_id=named(request, wishlist_id).pk)
        return Response(status=204)


@extend_schema(parameters=[WISHLIST_ID])
class WishView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="wishlists_items_update", request=WishChangeInput, responses=WishSerializer)
    def patch(self, request: Request, wishlist_id: str, wish_id: UUID) -> Response:
        """Change its note, or put it on another of your lists. Where it is on that one already, that one stays."""
        said = read(WishChangeInput, request.data)
        item = selectors.find_item(wishlist=named(request, wishlist_id), item_id=wish_id)
        to = named(request, said["wishlist"]) if "wishlist" in said else None
        return Response(_shown_wish(services.change_item(item=item, to=to, note=said.get("note"))))

    @extend_schema(operation_id="wishlists_items_destroy", responses={204: None})
    def delete(self, request: Request, wishlist_id: str, wish_id: UUID) -> Response:
        """Take it off the list."""
        item = selectors.find_item(wishlist=named(request, wishlist_id), item_id=wish_id)
        services.remove_item(item_id=item.pk)
        return Response(status=204)


def named(request: Request, name: str) -> Wishlist:
    """The caller's list of that id, or his favourites. Raises WishlistNotFound."""
    if name == selectors.FAVOURITES:
        services.ensure_favourites(owner=me(request))
    return selectors.find_wishlist(name=name, user=request.user)


def shown(wishlist: Wishlist, request: Request) -> Wishlist:
    """As it is read: with its number of items."""
    return selectors.find_wishlist(name=str(wishlist.public_id), user=request.user)


def me(request: Request) -> Any:
    return request.user  # IsAuthenticated has seen to it


def _shown_wish(item: WishlistItem) -> Any:
    [wish] = selectors.seen_wishes([item])
    return WishSerializer(wish).data
