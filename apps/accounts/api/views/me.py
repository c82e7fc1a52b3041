"""The signed-in person's own data."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services
from apps.accounts.api import transport
from apps.accounts.api.authentication import session_of
from apps.accounts.api.permissions import STEP_UP_TOKEN, IsSteppedUp
from apps.accounts.api.serializers import (
    AddressInput,
    AddressSerializer,
    PictureInput,
    PreferencesInput,
    PreferencesSerializer,
    ProfileInput,
    UserSerializer,
)
from apps.accounts.models import Address, StepUpPurpose, User


class MeView(APIView):
    """The signed-in person's own data."""

    permission_classes = [IsAuthenticated, IsSteppedUp]
    step_up = {"DELETE": StepUpPurpose.ERASE_ACCOUNT}

    @extend_schema(operation_id="me_retrieve", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Who am I?"""
        return Response(UserSerializer(me_of(request)).data)

    @extend_schema(
        operation_id="me_update",
        parameters=[STEP_UP_TOKEN],
        request=ProfileInput,
        responses=UserSerializer,
        examples=[OpenApiExample("Change the phone", {"phone": "+584121234567"}, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        """Change names, phone or language; what is not sent stays.

        Another phone wants `X-Step-Up-Token` for the purpose `change_phone`, because codes may be sent there.
        """
        params = ProfileInput(data=request.data)
        params.is_valid(raise_exception=True)
        user = services.update_own_profile(
            user=me_of(request),
            session_id=session_of(request),
            step_up_token=request.headers.get(STEP_UP_TOKEN.name, ""),
            **params.validated_data,
        )
        return Response(UserSerializer(user).data)

    @extend_schema(operation_id="me_destroy", parameters=[STEP_UP_TOKEN], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Erase all that says who you are, for ever. Orders stay in the books without your name.

        Refused with `erasure-refused` while something is unfinished: an order that is not sent, money under way.
        """
        services.erase_person(user=me_of(request), actor="customer")
        return transport.forget(Response(status=204))


class PreferencesView(APIView):
    """How the signed-in person wants to be spoken to."""

    @extend_schema(operation_id="me_preferences_retrieve", responses=PreferencesSerializer)
    def get(self, request: Request) -> Response:
        """Language, currency and channels."""
        return Response(PreferencesSerializer(me_of(request)).data)

    @extend_schema(operation_id="me_preferences_update", request=PreferencesInput, responses=PreferencesSerializer)
    def patch(self, request: Request) -> Response:
        """Change language, currency or channels; what is not sent stays."""
        params = PreferencesInput(data=request.data)
        params.is_valid(raise_exception=True)
        user = services.update_preferences(user=me_of(request), **params.validated_data)
        return Response(PreferencesSerializer(user).data)


class PictureView(APIView):
    """The signed-in person's picture."""

    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="me_picture_update", request=PictureInput, responses=UserSerializer)
    def put(self, request: Request) -> Response:
        """Take a picture in place of the one before. It is written anew, upright, small and without metadata."""
        params = PictureInput(data=request.data)
        params.is_valid(raise_exception=True)
        user = services.set_picture(user=me_of(request), file=params.validated_data["picture"])
        return Response(UserSerializer(user).data)

    @extend_schema(operation_id="me_picture_destroy", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Have no picture."""
        services.remove_picture(user=me_of(request))
        return Response(status=204)


class AddressViewSet(viewsets.GenericViewSet[Address], mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """The signed-in person's address book: defaults first, then the newest."""

    queryset = Address.objects.none()
    serializer_class = AddressSerializer
    filter_backends = []
    lookup_field = "public_id"
    lookup_url_kwarg = "address_id"

    def get_queryset(self) -> QuerySet[Address]:
        return selectors.addresses_of(me_of(self.request))

    @extend_schema(request=AddressInput, responses={201: AddressSerializer})
    def create(self, request: Request) -> Response:
        """Write an address down. The first of a kind is its default."""
        params = AddressInput(data=request.data)
        params.is_valid(raise_exception=True)
        address = services.add_address(user=me_of(request), **params.validated_data)
        return Response(AddressSerializer(address).data, status=201)

    @extend_schema(request=AddressInput, responses=AddressSerializer)
    def partial_update(self, request: Request, address_id: UUID) -> Response:
        """Change an address; what is not sent stays. `is_default` takes the place of the default of its kind."""
        address = self.get_object()
        params = AddressInput(data=request.data, partial=True, context={"country": address.country})
        params.is_valid(raise_exception=True)
        address = services.change_address(address=address, **params.validated_data)
        return Response(AddressSerializer(address).data)

    def destroy(self, request: Request, address_id: UUID) -> Response:
        """Take an address out of the book; orders keep what they copied."""
        services.delete_address(address=self.get_object())
        return Response(status=204)


def me_of(request: Request) -> User:
    return cast(User, request.user)  # IsAuthenticated has seen to it
