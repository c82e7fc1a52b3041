"""Orders that come to nothing, and people who want to be forgotten."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from apps.common.transactions import retry_collisions
from apps.inventory import services as inventory_services
from apps.orders.events import OrderCancelled
from apps.orders.exceptions import OrderPartlySent
from apps.orders.models import FulfilmentStatus, Order, OrderStatus
from apps.orders.services.base import line_ids
from apps.outbox import services as outbox


@retry_collisions
@transaction.atomic
def cancel_order(*, order_id: int, actor: str, reason: str = "") -> Order:
    """Cancel, give up the hold or the commitment; payments hears the event and refunds what was paid.

    Raises:
        OrderPartlySent: some of it has left; refund what is left of its lines.
        OrderTransitionNotAllowed: shipped, over, or cancelled already.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.fulfilment_status == FulfilmentStatus.PARTIALLY_FULFILLED:
        raise OrderPartlySent(f"Some of {order.number} has been sent; refund the units that are left instead.")
    order.move_to(OrderStatus.CANCELLED, actor=actor, reason=reason)
    inventory_services.release(line_ids=line_ids(order_id))
    outbox.publish(OrderCancelled(order_id=order.pk, reason=reason))
    return order


@transaction.atomic
def erase_customer_of(*, order: Order, customer_id: int, email: str) -> None:
    """Take away who bought, where he lives and what he said; what was sold, for how much and to which state stays.

    `email` is the address that an erased person leaves behind.
    """
    Order.objects.filter(pk=order.pk).update(
        customer_id=customer_id,
        email=email,
        phone="",
        note="",
        shipping_address=_without_person(order.shipping_address),
        billing_address=_without_person(order.billing_address),
        updated_at=Now(),
    )
    order.history.filter(actor="customer").exclude(reason="").update(reason="")


def _without_person(address: dict[str, Any]) -> dict[str, Any]:
    """Country and state decide which tax was due."""
    return {name: value if name in {"country", "state_province"} else "" for name, value in address.items()}
