from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.payments.api.pago_movil.views import (
    BanksView,
    ClaimViewSet,
    InstructionsView,
    RecipientsView,
    StatementViewSet,
)

router = SimpleRouter(use_regex_path=False)
router.register("claims", ClaimViewSet, basename="pago-movil-claim")
router.register("statements", StatementViewSet, basename="pago-movil-statement")

urlpatterns = [
    path("banks/", BanksView.as_view(), name="pago-movil-banks"),
    path("recipients/", RecipientsView.as_view(), name="pago-movil-recipients"),
    path("instructions/<uuid:payment_id>/", InstructionsView.as_view(), name="pago-movil-instructions"),
    *router.urls,
]
