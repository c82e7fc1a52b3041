"""What was written to a person, and to others about his orders."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from apps.accounts.models import User
from apps.common.personal_data import Erased, Holding, Person, register
from apps.notifications import services
from apps.notifications.models import ClosedNumber, Message
from apps.orders import selectors as order_selectors


def export_messages(person: Person) -> dict[str, Any]:
    """Those that went to him; what staff were told of his orders stays theirs."""
    shown = "created_at channel recipient template language subject text status sent_at order_number"
    mine = Message.objects.filter(_to(person)).order_by("pk")
    closed = ClosedNumber.objects.filter(recipient__in=_phones(person)).exclude(recipient="")
    return {"messages": list(mine.values(*shown.split())), "numbers_that_said_stop": list(closed.values("recipient"))}


def _to(person: Person) -> Q:
    of_orders = Q(order_number__in=_numbers(person), recipient__in=_phones(person))
    return Q(recipient__iexact=person.email) | of_orders


def _numbers(person: Person) -> list[str]:
    return list(order_selectors.orders_of(person).values_list("number", flat=True))


def _phones(person: Person) -> set[str]:
    of_orders = order_selectors.orders_of(person).values_list("phone", "shipping_address__phone")
    return {phone for pair in of_orders for phone in pair if phone} | {person.phone} - {""}


def erase_messages(person: Person) -> Erased:
    """Their words go, to whomever they were; then the person gets the last one."""
    told_himself = Q(order_number="", dedupe_key__regex=rf"^[a-z_]+-{person.user_id}(-|$)")  # also by an older address
    about = Message.objects.filter(_to(person) | told_himself | Q(order_number__in=_numbers(person)))
    rows = services.erase_messages(about, email=person.email, tombstone=person.tombstone)
    user = User.objects.get(pk=person.user_id)
    services.queue_farewell(to=person.email, language=user.language, user_id=user.pk)
    return Erased(rows)


register(
    Holding(
        name="messages",
        about="What the shop has written to you, by mail and by phone.",
        export=export_messages,
        erase=erase_messages,
        exports=["notifications.Message", "notifications.ClosedNumber"],
        erases=[
            "notifications.Message.recipient",
            "notifications.Message.text",
            "notifications.Message.html",
            "notifications.Message.variables",
            "notifications.Fallback.recipient",
            "notifications.Attachment.content",
        ],
        keeps={
            "notifications.ClosedNumber.recipient": "a number that said stop, and nothing more: nobody may write there"
        },
        withheld={
            "notifications.Fallback": "the same words as the message beside it",
            "notifications.Attachment": "papers about what the export has in full, which the person was sent",
        },
    )
)
