from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.payments.api.views import OrderPaymentsView, PaymentViewSet
from apps.payments.api.webhooks import receive

router = SimpleRouter(use_regex_path=False)
router.register("payments", PaymentViewSet, basename="payment")

urlpatterns = [
    path("orders/<str:number>/payments/", OrderPaymentsView.as_view(), name="order-payments"),
    path("payments/webhooks/<slug:provider>/", receive, name="payment-webhooks"),
    *router.urls,
]
