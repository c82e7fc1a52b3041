from django.urls import path

from apps.checkout.api.views import CheckoutView, PreviewView

urlpatterns = [
    path("checkout/preview/", PreviewView.as_view(), name="checkout-preview"),
    path("checkout/", CheckoutView.as_view(), name="checkout"),
]
