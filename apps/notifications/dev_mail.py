"""The mail that the shop has written, for whoever develops it: `config.urls` opens this page under DEBUG only."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.http import require_safe

from apps.notifications import selectors, services
from apps.notifications.exceptions import NotSendable

_SHOWN = 100


@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    order_number = request.GET.get("order", "").strip().upper().replace("\0", "")
    recipient = request.GET.get("to", "").strip().replace("\0", "")
    messages = selectors.newest_messages(order_number=order_number, recipient=recipient)
    asked = {"order_number": order_number, "recipient": recipient}
    context = {"messages": messages[:_SHOWN], "count": messages.count(), **asked}
    return render(request, "dev_mail/list.html", context)


@require_safe
def message_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The HTML stands in a sandboxed frame, so that what a mail contains cannot act on this page."""
    message = get_object_or_404(selectors.newest_messages(), public_id=public_id)
    with suppress(NotSendable):  # a code that is over stays hidden
        spelled_out = services.spell_out(message)
        message.text, message.html = spelled_out.text, spelled_out.html
    return render(request, "dev_mail/detail.html", {"message": message})


urlpatterns = [
    path("", message_list, name="dev-mail"),
    path("<uuid:public_id>/", message_detail, name="dev-mail-message"),
]
