"""What the services of orders share."""

from __future__ import annotations

from uuid import UUID

from apps.orders.models import Order, OrderLine

SHOP = "shop"  # the actor when nobody pressed a button


def lock_order(*, order_id: int) -> Order:
    """The order as nobody else can change it now; its payments' locks, if any, come before."""
    return Order.objects.select_for_update().get(pk=order_id)


def line_ids(order_id: int) -> list[UUID]:
    """By what inventory knows the holds of an order's lines."""
    return list(OrderLine.objects.filter(order_id=order_id).values_list("public_id", flat=True))
