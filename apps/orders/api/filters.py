from django_filters import rest_framework as filters

from apps.orders.models import Order, OrderStatus, PaymentStatus


class OrderFilter(filters.FilterSet):
    status = filters.ChoiceFilter(choices=OrderStatus.choices)
    payment_status = filters.ChoiceFilter(choices=PaymentStatus.choices)
    placed_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    placed_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Order
        fields: list[str] = []
