"""Where a provider's page sends the customer back. A plain view for a browser: it settles, and sends him on.

Nothing in the address is believed but our own payment's name: what happened, the provider is asked.
"""

from __future__ import annotations

import logging
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_GET

from apps.common.api.problems import plain_problem
from apps.payments import services
from apps.payments.exceptions import ProviderRejected, ProviderUnavailable
from apps.payments.models import Payment, PaymentStatus
from apps.payments.providers import while_a_customer_waits

log = logging.getLogger(__name__)


@require_GET
def come_back(request: HttpRequest, provider: str) -> HttpResponse:
    """Settle the payment and go on to the storefront with `order`, `payment` and `status`; JSON if it named no page.

    Coming twice, or after the webhook, changes nothing more. A provider that does not answer soon is not waited for:
    the status is “processing” then, and webhook or reconciler find out.
    """
    payment = _named(request, provider)
    if payment is None:
        return plain_problem(404, "not-found", "Not found", "There is no such payment.")
    status = _settle(payment)
    facts = {"order": payment.order.number, "payment": str(payment.public_id), "status": status}
    if not payment.return_url:
        return JsonResponse(facts)
    joint = "&" if "?" in payment.return_url else "?"
    return HttpResponseRedirect(f"{payment.return_url}{joint}{urlencode(facts)}")


def _settle(payment: Payment) -> str:
    """The payment's status by what its provider says now."""
    if payment.is_judged:
        return payment.status
    try:
        with while_a_customer_waits():
            return services.settle_payment(payment_id=payment.pk).status
    except ProviderUnavailable as silence:
        log.warning("%s came back, and is settled later: %s", payment, silence)
        return PaymentStatus.PROCESSING
    except ProviderRejected as refusal:
        log.warning("%s came back, and could not be settled: %s", payment, refusal)
        return payment.status


def _named(request: HttpRequest, provider: str) -> Payment | None:
    try:
        public_id = UUID(request.GET.get("payment", ""))
    except ValueError:
        return None
    return Payment.objects.select_related("order").filter(provider=provider, public_id=public_id).first()
