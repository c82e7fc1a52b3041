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
from apps.payments.models import Payment

log = logging.getLogger(__name__)


@require_GET
def come_back(request: HttpRequest, provider: str) -> HttpResponse:
    """Settle the payment and go on to the storefront with `order`, `payment` and `status`; JSON if it named no page.

    Coming twice, or after the webhook, changes nothing more. A provider that cannot be asked now is asked later.
    """
    payment = _named(request, provider)
    if payment is None:
        return plain_problem(404, "not-found", "Not found", "There is no such payment.")
    if not payment.is_judged:
        try:
            payment = services.settle_payment(payment_id=payment.pk)
        except (ProviderUnavailable, ProviderRejected) as refusal:
            log.warning("%s came back, and could not be settled: %s", payment, refusal)
    facts = {"order": payment.order.number, "payment": str(payment.public_id), "status": payment.status}
    if not payment.return_url:
        return JsonResponse(facts)
    joint = "&" if "?" in payment.return_url else "?"
    return HttpResponseRedirect(f"{payment.return_url}{joint}{urlencode(facts)}")


def _named(request: HttpRequest, provider: str) -> Payment | None:
    try:
        public_id = UUID(request.GET.get("payment", ""))
    except ValueError:
        return None
    return Payment.objects.select_related("order").filter(provider=provider, public_id=public_id).first()
