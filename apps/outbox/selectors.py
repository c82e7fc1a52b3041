"""How deliveries are doing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Extract, Now

from apps.outbox.models import Delivery, DeliveryStatus


@dataclass(frozen=True, slots=True)
class HandlerStatus:
    """One handler's unfinished work.

    Of the pending, those that are `failing` were tried before; `oldest_seconds` is the age of the oldest pending event.
    """

    handler: str
    pending: int
    failing: int
    dead: int
    oldest_seconds: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def unfinished_work() -> list[HandlerStatus]:
    """Handlers with pending deliveries or dead letters, by name; an empty list means that everything was heard."""
    pending, dead = Q(status=DeliveryStatus.PENDING), Q(status=DeliveryStatus.DEAD)
    rows = (
        Delivery.objects.filter(pending | dead)
        .values("handler")
        .annotate(
            pending=Count("pk", filter=pending),
            failing=Count("pk", filter=pending & ~Q(last_error="")),
            dead=Count("pk", filter=dead),
            age=Extract(Now() - Min("message__created_at", filter=pending), "epoch"),
        )
        .order_by("handler")
    )
    return [
        HandlerStatus(row["handler"], row["pending"], row["failing"], row["dead"], int(row["age"] or 0)) for row in rows
    ]


def dead_letters(*, handler: str = "") -> QuerySet[Delivery]:
    """Dead letters, oldest first; of one handler if it is named."""
    dead = Delivery.objects.filter(status=DeliveryStatus.DEAD).select_related("message").order_by("pk")
    return dead.filter(handler=handler) if handler else dead
