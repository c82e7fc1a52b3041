"""What a store has sold, for the people who work there."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.generics import ListAPIView

from apps.orders import selectors
from apps.orders.api.serializers import SoldLineSerializer
from apps.orders.models import OrderLine, OrderLineQuerySet, OrderStatus
from apps.stores import selectors as store_selectors
from apps.stores.models import StoreAction


class SoldLineFilter(filters.FilterSet):
    status = filters.ChoiceFilter(field_name="order__status", choices=OrderStatus.choices, label="Of the order.")
    left_to_send = filters.BooleanFilter(method="to_send", label="Only lines of which units are left to send.")

    class Meta:
        model = OrderLine
        fields: list[str] = []

    def to_send(self, lines: OrderLineQuerySet, name: str, is_wanted: bool) -> QuerySet[OrderLine]:
        return lines.left_to_send() if is_wanted else lines


class SoldLinesView(ListAPIView[OrderLine]):
    """The lines of paid orders that this store has sold, newest first, for those who work there."""

    queryset = OrderLine.objects.none()
    serializer_class = SoldLineSerializer
    filterset_class = SoldLineFilter

    def get_queryset(self) -> QuerySet[OrderLine]:
        store = store_selectors.find_store(slug=self.kwargs["slug"], user=self.request.user, action=StoreAction.LOOK)
        return selectors.lines_sold_by(store)
