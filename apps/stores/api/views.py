"""Stores: the directory for everybody, one's own for those who work there, their people for those who own them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.stores import selectors, services
from apps.stores.api.serializers import (
    InvitationSerializer,
    InviteInput,
    MemberSerializer,
    MembershipSerializer,
    MyInvitationSerializer,
    NewStoreInput,
    OwnStoreSerializer,
    RoleInput,
    StoreInput,
    StoreSerializer,
)
from apps.stores.models import Store, StoreAction, StoreInvitation, StoreMember, StoreRole


class StoreListView(generics.ListAPIView[Store]):
    queryset = selectors.open_stores()
    serializer_class = StoreSerializer
    filter_backends = []

    def get_permissions(self) -> list[BasePermission]:
        return [IsAuthenticated() if self.request.method == "POST" else AllowAny()]

    @extend_schema(operation_id="stores_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The stores that sell here, by name."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="stores_create", request=NewStoreInput, responses={201: OwnStoreSerializer})
    def post(self, request: Request) -> Response:
        """Open a store of your own, where the shop lets customers. Staff look at it before it is seen."""
        params = _valid(NewStoreInput(data=request.data))
        store = services.open_store(user=_me(request), **params)
        return Response(OwnStoreSerializer(store).data, status=201)


class StoreView(APIView):
    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method == "GET" else IsAuthenticated()]

    @extend_schema(operation_id="stores_retrieve", responses=StoreSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """One store. Those who work there see it before it is open, with what only they may know."""
        store = selectors.find_store(slug=slug, user=request.user)
        works_there = selectors.can(request.user, store, StoreAction.LOOK)
        return Response((OwnStoreSerializer if works_there else StoreSerializer)(store).data)

    @extend_schema(operation_id="stores_update", request=StoreInput, responses=OwnStoreSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Owners: change where new orders are announced. Other people's stores are not found."""
        store = selectors.find_store(slug=slug, user=request.user, action=StoreAction.RUN)
        store = services.update_store(store=store, **_valid(StoreInput(data=request.data)))
        return Response(OwnStoreSerializer(store).data)


class MemberListView(generics.ListAPIView[StoreMember]):
    queryset = StoreMember.objects.none()
    serializer_class = MemberSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[StoreMember]:
        return selectors.members_of(_store(self, StoreAction.LOOK))

    @extend_schema(operation_id="stores_members_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who works here, for those who do."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="stores_members_invite", request=InviteInput, responses={202: InvitationSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Owners: invite somebody by e-mail; whoever proves to read that mailbox may accept for two weeks."""
        store = _store(self, StoreAction.RUN)
        invitation = services.invite_member(store=store, **_valid(InviteInput(data=request.data)))
        return Response(InvitationSerializer(invitation).data, status=202)


class MemberView(APIView):
    @extend_schema(operation_id="stores_members_update", request=RoleInput, responses=MemberSerializer)
    def patch(self, request: Request, slug: str, member_id: UUID) -> Response:
        """Owners: give a member another role."""
        store = _store(self, StoreAction.RUN)
        role = StoreRole(_valid(RoleInput(data=request.data))["role"])
        member = services.change_role(store=store, member_id=member_id, role=role)
        return Response(MemberSerializer(member).data)

    @extend_schema(operation_id="stores_members_destroy", responses={204: None})
    def delete(self, request: Request, slug: str, member_id: UUID) -> Response:
        """Owners: let a member go."""
        services.remove_member(store=_store(self, StoreAction.RUN), member_id=member_id)
        return Response(status=204)


class InvitationListView(generics.ListAPIView[StoreInvitation]):
    queryset = StoreInvitation.objects.none()
    serializer_class = InvitationSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[StoreInvitation]:
        return selectors.invitations_of(_store(self, StoreAction.RUN))

    @extend_schema(operation_id="stores_invitations_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Owners: who has been invited and has not answered."""
        return super().get(request, *args, **kwargs)


class InvitationView(APIView):
    @extend_schema(operation_id="stores_invitations_destroy", responses={204: None})
    def delete(self, request: Request, slug: str, invitation_id: UUID) -> Response:
        """Owners: withdraw an invitation."""
        services.withdraw_invitation(store=_store(self, StoreAction.RUN), invitation_id=invitation_id)
        return Response(status=204)


class MyStoresView(generics.ListAPIView[StoreMember]):
    """The stores that you work in, and as what."""

    queryset = StoreMember.objects.none()
    serializer_class = MembershipSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[StoreMember]:
        return selectors.memberships_of(self.request.user)


class MyStoreView(APIView):
    @extend_schema(operation_id="me_stores_leave", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Work there no more."""
        services.leave_store(store=_store(self, StoreAction.LOOK), user=_me(request))
        return Response(status=204)


class MyInvitationsView(generics.ListAPIView[StoreInvitation]):
    """The stores that want you."""

    queryset = StoreInvitation.objects.none()
    serializer_class = MyInvitationSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[StoreInvitation]:
        return selectors.invitations_for(self.request.user)


class MyInvitationView(APIView):
    @extend_schema(operation_id="me_store_invitations_accept", request=None, responses=MembershipSerializer)
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """Accept: you work there from now on."""
        member = services.accept_invitation(user=_me(request), invitation_id=invitation_id)
        return Response(MembershipSerializer(member).data)

    @extend_schema(operation_id="me_store_invitations_decline", responses={204: None})
    def delete(self, request: Request, invitation_id: UUID) -> Response:
        """Decline; the store is not told."""
        services.decline_invitation(user=_me(request), invitation_id=invitation_id)
        return Response(status=204)


def _store(view: APIView, action: StoreAction) -> Store:
    return selectors.find_store(slug=view.kwargs["slug"], user=view.request.user, action=action)


def _me(request: Request) -> Any:
    return request.user  # IsAuthenticated has seen to it


def _valid(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
