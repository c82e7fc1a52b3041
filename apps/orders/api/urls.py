from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.orders.api.sold import SoldLinesView
from apps.orders.api.views import OrderViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")

urlpatterns = [
    path("stores/<slug:slug>/order-lines/", SoldLinesView.as_view(), name="sold-lines"),
    *router.urls,
]
