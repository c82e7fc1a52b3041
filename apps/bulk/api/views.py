"""Bulk changes over the API: preview, look, apply, undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.bulk import selectors, services
from apps.bulk.api.serializers import (
    BulkChangeDetailSerializer,
    BulkChangeInput,
    BulkChangeSerializer,
    BulkRowSerializer,
    FileInput,
    UndoInput,
    rule_of,
    selection_of,
)
from apps.bulk.models import BulkChange, BulkChangeRow, ChangeStatus, Outcome, Target
from apps.catalog import selectors as catalog_selectors
from apps.common.api.callers import caller_of
from apps.common.api.idempotency import IDEMPOTENCY_HEADER, idempotent
from apps.common.api.inputs import read


class SeesBulkChanges(BasePermission):
    """Staff who may see them, and whoever works in a store."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Any = request.user
        return user.has_perm(selectors.VIEW) or user.store_memberships.exists()


class PreviewsBulkChanges(BasePermission):
    """Staff who may add them, and whoever sells in a store."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return catalog_selectors.stores_to_sell_in(request.user, selectors.ADD).exists()


class BulkChangeFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=ChangeStatus.choices)
    target = django_filters.ChoiceFilter(choices=Target.choices)
    store = django_filters.CharFilter(field_name="store__slug", label="A store's slug.")

    class Meta:
        model = BulkChange
        fields: list[str] = []


class RowFilter(django_filters.FilterSet):
    outcome = django_filters.ChoiceFilter(choices=Outcome.choices)
    sku = django_filters.CharFilter()

    class Meta:
        model = BulkChangeRow
        fields: list[str] = []


class BulkChangesView(generics.ListAPIView[BulkChange]):
    queryset = BulkChange.objects.none()
    serializer_class = BulkChangeSerializer
    filterset_class = BulkChangeFilter

    def get_permissions(self) -> list[BasePermission]:
        own = PreviewsBulkChanges() if self.request.method == "POST" else SeesBulkChanges()
        return [IsAuthenticated(), own]

    def get_queryset(self) -> QuerySet[BulkChange]:
        return selectors.changes_seen_by(self.request.user)

    @extend_schema(operation_id="bulk_changes_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Changes of many prices or of much stock, the latest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="bulk_changes_preview",
        request=BulkChangeInput,
        responses={201: BulkChangeDetailSerializer},
        filters=False,
    )
    def post(self, request: Request) -> Response:
        """See what a rule would do to each variant. Nothing is changed before it is applied."""
        return _preview(request, read(BulkChangeInput, request.data))


class FromFileView(APIView):
    permission_classes = [IsAuthenticated, PreviewsBulkChanges]
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="bulk_changes_preview_file",
        request={"multipart/form-data": FileInput},
        responses={201: BulkChangeDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """The same for the SKUs of a CSV file (`sku,value`), each with its own value or all by one rule."""
        said = read(FileInput, request.data)
        file = said.pop("file")
        return _preview(request, said | {"values": services.read_file(file)})


class BulkChangeView(APIView):
    @extend_schema(operation_id="bulk_changes_retrieve", responses=BulkChangeDetailSerializer)
    def get(self, request: Request, bulk_change_id: UUID) -> Response:
        """One change, and how far it has come; `rows/` has what it does to each variant."""
        change = selectors.find_change(change_id=bulk_change_id, user=request.user)
        return Response(BulkChangeDetailSerializer(change).data)

    @extend_schema(operation_id="bulk_changes_discard", responses={204: None})
    def delete(self, request: Request, bulk_change_id: UUID) -> Response:
        """Say no to a preview; it stays to be read, and is never made."""
        change = selectors.find_change(change_id=bulk_change_id, user=request.user, to=selectors.CHANGE)
        services.discard_change(change_id=change.pk)
        return Response(status=204)


class RowsView(generics.ListAPIView[BulkChangeRow]):
    """From what to what, row by row, with what became of each."""

    queryset = BulkChangeRow.objects.none()
    serializer_class = BulkRowSerializer
    filterset_class = RowFilter

    def get_queryset(self) -> QuerySet[BulkChangeRow]:
        change = selectors.find_change(change_id=self.kwargs["bulk_change_id"], user=self.request.user)
        return change.rows.order_by("place")


class ApplyView(APIView):
    @extend_schema(
        operation_id="bulk_changes_apply",
        parameters=[IDEMPOTENCY_HEADER],
        request=None,
        responses={202: BulkChangeDetailSerializer},
    )
    @idempotent(caller_of)
    def post(self, request: Request, bulk_change_id: UUID) -> Response:
        """Make what was shown, soon and in batches; `progress` tells how far it is."""
        change = selectors.find_change(change_id=bulk_change_id, user=request.user, to=selectors.CHANGE)
        applied = services.apply_change(change_id=change.pk, actor_id=_me(request))
        return Response(BulkChangeDetailSerializer(applied).data, status=202)


class UndoView(APIView):
    @extend_schema(operation_id="bulk_changes_undo", request=UndoInput, responses={201: BulkChangeDetailSerializer})
    def post(self, request: Request, bulk_change_id: UUID) -> Response:
        """See what would bring back what a change has changed; it is applied like any other."""
        change = selectors.find_change(change_id=bulk_change_id, user=request.user, to=selectors.CHANGE)
        said = read(UndoInput, request.data)
        undoing = services.preview_undo(change_id=change.pk, actor_id=_me(request), note=said.get("note", ""))
        return Response(BulkChangeDetailSerializer(undoing).data, status=201)


def _preview(request: Request, said: dict[str, Any]) -> Response:
    store = catalog_selectors.find_store_to_sell_in(
        slug=said.get("store", ""), user=request.user, permission=selectors.ADD
    )
    change = services.preview_change(
        store=store,
        rule=rule_of(said),
        selection=selection_of(said),
        actor_id=_me(request),
        note=said.get("note", ""),
    )
    return Response(BulkChangeDetailSerializer(change).data, status=201)


def _me(request: Request) -> int:
    return request.user.pk or 0  # IsAuthenticated has seen to it
