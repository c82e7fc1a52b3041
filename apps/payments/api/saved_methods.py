"""The cards that somebody has left for the next time: his own, and nobody else's."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.payments import selectors, services
from apps.payments.api.serializers import BegunSavingSerializer, NewSavedMethodInput, SavedMethodSerializer
from apps.payments.models import SavedMethod


class SavedMethodViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[SavedMethod]):
    """The caller's saved cards, the default one first. A stranger's is a 404."""

    queryset = SavedMethod.objects.none()
    serializer_class = SavedMethodSerializer
    permission_classes = [IsAuthenticated]
    pagination_class = None
    filter_backends = []
    lookup_url_kwarg = "method_id"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[SavedMethod]:
        return selectors.saved_methods_of(self.request.user)

    @extend_schema(request=NewSavedMethodInput, responses={201: BegunSavingSerializer})
    def create(self, request: Request) -> Response:
        """Begin to save a card: the storefront does what `next_action` says, and the card is listed soon after."""
        params = NewSavedMethodInput(data=request.data)
        params.is_valid(raise_exception=True)
        next_action = services.begin_saving(user=_person(request), provider=params.validated_data["provider"])
        return Response({"next_action": next_action.as_json()}, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, method_id: UUID) -> Response:
        """Have the card forgotten for ever."""
        services.forget_method(user=_person(request), public_id=method_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=SavedMethodSerializer)
    @action(detail=True, methods=["post"])
    def default(self, request: Request, method_id: UUID) -> Response:
        """Take this card first from now on."""
        method = services.make_default(user=_person(request), public_id=method_id)
        return Response(SavedMethodSerializer(method).data)

    @extend_schema(request=None, responses=SavedMethodSerializer(many=True))
    @action(detail=False, methods=["post"])
    def refresh(self, request: Request) -> Response:
        """Ask the provider now: for the page to which the customer comes back. Repeating it changes nothing more."""
        services.refresh_saved_methods(user=_person(request))
        return Response(SavedMethodSerializer(self.get_queryset(), many=True).data)


def _person(request: Request) -> User:
    """Who asks; the permission has seen that somebody is signed in."""
    return cast(User, request.user)
