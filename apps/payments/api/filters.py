from django_filters import rest_framework as filters

from apps.payments.models import Payment, PaymentStatus


class PaymentFilter(filters.FilterSet):
    order = filters.CharFilter(field_name="order__number", lookup_expr="iexact", help_text="An order's number.")
    status = filters.MultipleChoiceFilter(choices=PaymentStatus.choices)
    provider = filters.CharFilter(help_text="A code of payments/methods/, like stripe.")
    begun_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    begun_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Payment
        fields: list[str] = []
