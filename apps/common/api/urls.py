from django.urls import path

from apps.common.api.health import HealthView, InfoView, LiveView, ReadyView

urlpatterns = [
    path("health/", HealthView.as_view(), name="health"),
    path("health/live/", LiveView.as_view(), name="health-live"),
    path("health/ready/", ReadyView.as_view(), name="health-ready"),
    path("info/", InfoView.as_view(), name="info"),
]
