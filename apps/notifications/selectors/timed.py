"""What is to be told because its time has come: found by columns, and left out once it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DurationField,
    Exists,
    F,
    OuterRef,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Extract, Floor, Now

from apps.notifications.models import Message
from apps.orders.models import AWAITING_PAYMENT, Order
from apps.outbox import selectors as outbox_selectors

LONG_WINDOW = timedelta(hours=3)
NOTICE, LONG_NOTICE = timedelta(minutes=5), timedelta(hours=1)
_TOLD = Exists(Message.objects.filter(dedupe_key=OuterRef("told_key")))


@dataclass(frozen=True, slots=True)
class DeadLetters:
    handler: str
    count: int


def windows_about_to_end() -> QuerySet[Order]:
    """Unpaid orders that expire within five minutes, or within an hour where there were hours to pay.

    Those whose customer was told of this very end are left out. A report of a payment has stopped its order's clock.
    """
    notice = Case(
        When(payment_due_at__gte=F("created_at") + LONG_WINDOW, then=Value(LONG_NOTICE)),
        default=Value(NOTICE),
        output_field=DurationField(),
    )
    end = Cast(Cast(Floor(Extract("payment_due_at", "epoch")), BigIntegerField()), CharField())
    key = Concat(Value("payment_expiring-"), Cast("pk", CharField()), Value("-"), end)
    due = Order.objects.filter(
        status__in=AWAITING_PAYMENT, payment_due_at__gt=Now(), payment_due_at__lte=Now() + LONG_NOTICE
    )
    near = due.filter(payment_due_at__lte=Now() + notice).annotate(told_key=key)
    return near.exclude(_TOLD).order_by("payment_due_at")


def dead_letters() -> list[DeadLetters]:
    """How many each handler has that nobody has replayed."""
    rows = outbox_selectors.dead_letters().order_by("handler").values("handler").annotate(count=Count("pk"))
    return [DeadLetters(row["handler"], row["count"]) for row in rows]
