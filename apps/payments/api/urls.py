from django.urls import include, path
from rest_framework.routers import SimpleRouter

from apps.payments.api.order_refunds import OrderRefundsView
from apps.payments.api.returns import come_back
from apps.payments.api.saved_methods import SavedMethodViewSet
from apps.payments.api.statistics import PaymentStatisticsView
from apps.payments.api.transfer_proofs import TransferPictureView, TransferProofsView
from apps.payments.api.views import OrderPaymentsView, OrderQuotesView, PaymentViewSet
from apps.payments.api.webhooks import receive

router = SimpleRouter(use_regex_path=False)
router.register("payments/saved-methods", SavedMethodViewSet, basename="saved-method")
router.register("payments", PaymentViewSet, basename="payment")

urlpatterns = [
    path("orders/<str:number>/payments/", OrderPaymentsView.as_view(), name="order-payments"),
    path("orders/<str:number>/refunds/", OrderRefundsView.as_view(), name="order-refunds"),
    path("orders/<str:number>/quotes/", OrderQuotesView.as_view(), name="order-quotes"),
    path("payments/stats/", PaymentStatisticsView.as_view(), name="payment-stats"),
    path("payments/<uuid:payment_id>/proofs/", TransferProofsView.as_view(), name="transfer-proofs"),
    path(
        "payments/<uuid:payment_id>/proofs/<uuid:proof_id>/picture/",
        TransferPictureView.as_view(),
        name="transfer-picture",
    ),
    path("payments/webhooks/<slug:provider>/", receive, name="payment-webhooks"),
    path("payments/<slug:provider>/return/", come_back, name="payment-return"),
    path("payments/<slug:provider>/cancel/", come_back, name="payment-cancel"),
    path("payments/pago-movil/", include("apps.payments.api.pago_movil.urls")),
    *router.urls,
]
