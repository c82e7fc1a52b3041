"""Where Twilio reports what became of a message, and what people write back."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.common.api.problems import plain_problem
from apps.notifications import services
from apps.notifications.exceptions import ReportNotGenuine

LARGEST_BODY_BYTES = 64 * 1024


@csrf_exempt
def receive_from_twilio(request: HttpRequest) -> HttpResponse:
    """What became of a message."""
    message_id = _named(request.GET.get("message", ""))
    return _taken(request, partial(services.receive_report, message_id=message_id))


@csrf_exempt
def hear_from_twilio(request: HttpRequest) -> HttpResponse:
    """What somebody wrote to the shop's number; no answer is sent."""
    return _taken(request, services.hear)


def _taken(request: HttpRequest, take: Callable[..., None]) -> HttpResponse:
    """Believe what is signed for our address as Twilio has called it, whatever a proxy makes of that."""
    if request.method != "POST":
        problem = plain_problem(405, "method-not-allowed", "This address does not take that method", "Use POST.")
        problem["Allow"] = "POST"
        return problem
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY_BYTES:
        return plain_problem(413, "body-too-large", "The body is too large", "No report is as large as that.")
    try:
        take(
            url=f"{settings.SITE_URL.rstrip('/')}{request.get_full_path()}",
            params=request.POST,
            signature=request.headers.get("X-Twilio-Signature", ""),
        )
    except ReportNotGenuine as refusal:
        return plain_problem(400, "webhook-not-genuine", "The webhook is not genuine", str(refusal))
    return HttpResponse(status=204)


def _named(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
