"""Until when an order waits for its money, and what happens then."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.common.transactions import retry_collisions
from apps.inventory import services as inventory_services
from apps.orders.events import OrderExpired
from apps.orders.models import AWAITING_PAYMENT, Order, OrderStatus
from apps.orders.services.base import SHOP, line_ids
from apps.outbox import services as outbox


@transaction.atomic
def stop_clock(*, order_id: int) -> None:
    """No deadline any more: a provider works on the money, or staff must decide. Only while payment is awaited.

    One that has passed stays, whether or not the sweeper has been here: the units are anybody's, and money comes late.
    """
    if not Order.objects.filter(pk=order_id, payment_due_at__lt=Now()).exists():
        set_deadline(order_id, None)


@transaction.atomic
def restart_clock(*, order_id: int, due_at: datetime | None) -> None:
    """A new deadline: the customer pays another way, or the money that was worked on has not come."""
    set_deadline(order_id, due_at)


def set_deadline(order_id: int, due_at: datetime | None) -> None:
    """The order and what it holds wait as long, without end for None; an order that waits no more stays as it is."""
    awaiting = Order.objects.filter(pk=order_id, status__in=AWAITING_PAYMENT)
    if awaiting.update(payment_due_at=due_at, updated_at=Now()):
        inventory_services.extend_holds(line_ids=line_ids(order_id), expires_at=due_at)


def expire_due_orders(*, variant_ids: Collection[int] | None = None, limit: int = 500) -> int:
    """Expire orders whose payment window is over, each in its own transaction; returns how many.

    Any number of sweepers may run: rows that another one has are skipped. `variant_ids` looks only at orders that hold
    those, for a buyer who stands before an empty shelf.
    """
    due = Q(status__in=AWAITING_PAYMENT, payment_due_at__lt=Now())
    if variant_ids is not None:
        due &= Q(lines__variant_id__in=variant_ids)
    ids = list(Order.objects.filter(due).order_by("payment_due_at").values_list("pk", flat=True).distinct()[:limit])
    return sum(_expire(order_id) for order_id in ids)


def expire_if_due(*, order_id: int) -> bool:
    """Settle one order's clock when somebody looks at it; True if it expired just now."""
    return _expire(order_id)


@retry_collisions
@transaction.atomic
def _expire(order_id: int) -> bool:
    due = Order.objects.filter(pk=order_id, status__in=AWAITING_PAYMENT, payment_due_at__lt=Now())
    order = due.select_for_update(skip_locked=True).first()
    if order is None:
        return False
    order.move_to(OrderStatus.EXPIRED, actor=SHOP, reason="The payment window is over")
    inventory_services.release(line_ids=line_ids(order_id))
    outbox.publish(OrderExpired(order_id=order_id))
    return True
