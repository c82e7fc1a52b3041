from django_filters import rest_framework as filters

from apps.fx_rates.models import ExchangeRateAlert, ExchangeRateSnapshot, RateKind


class HistoryFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=RateKind.choices)
    value_date_from = filters.DateFilter(field_name="value_date", lookup_expr="gte")
    value_date_to = filters.DateFilter(field_name="value_date", lookup_expr="lte")

    class Meta:
        model = ExchangeRateSnapshot
        fields: list[str] = []


class AlertFilter(filters.FilterSet):
    is_acknowledged = filters.BooleanFilter(field_name="acknowledged_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = ExchangeRateAlert
        fields = ["kind", "currency"]
