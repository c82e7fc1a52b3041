"""Where providers report. A plain view: nothing may touch the request before its bytes have been read and checked."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.common.api.problems import plain_problem
from apps.payments import services
from apps.payments.exceptions import ProviderNotOffered, WebhookNotGenuine

LARGEST_BODY_BYTES = 256 * 1024


@csrf_exempt
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """Keep a genuine event and answer at once; the outbox does the work. A repetition is answered alike."""
    if request.method != "POST":
        problem = plain_problem(405, "method-not-allowed", "This address does not take that method", "Use POST.")
        problem["Allow"] = "POST"
        return problem
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY_BYTES:
        return plain_problem(413, "body-too-large", "The body is too large", "No webhook is as large as that.")
    try:
        services.receive_webhook(provider=provider, headers=request.headers, body=request.body)
    except ProviderNotOffered:
        return plain_problem(404, "not-found", "Not found", "There is nothing at this address.")
    except WebhookNotGenuine as refusal:
        return plain_problem(400, "webhook-not-genuine", "The webhook is not genuine", str(refusal))
    return HttpResponse(status=200)
