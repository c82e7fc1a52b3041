from django.urls import path

from apps.fx_rates.api import views

urlpatterns = [
    path("fx-rates/current/", views.CurrentRateView.as_view(), name="rate-current"),
    path("fx-rates/history/", views.RateHistoryView.as_view(), name="rate-history"),
    path("fx-rates/at/", views.RateAtView.as_view(), name="rate-at"),
    path("fx-rates/convert/", views.ConvertView.as_view(), name="rate-convert"),
    path("fx-rates/manual/", views.ManualRateView.as_view(), name="rate-manual"),
    path("fx-rates/refresh/", views.RefreshView.as_view(), name="rate-refresh"),
    path("fx-rates/stats/", views.StatisticsView.as_view(), name="rate-stats"),
    path("fx-rates/alerts/", views.AlertListView.as_view(), name="rate-alerts"),
    path("fx-rates/alerts/<uuid:alert_id>/acknowledge/", views.AcknowledgeAlertView.as_view(), name="rate-acknowledge"),
]
