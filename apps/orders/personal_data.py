"""Orders outlive their customers: the books need what was sold, to which country, for how much, and not to whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.common.personal_data import Erased, Holding, Obstacle, Person, register
from apps.orders import selectors, services
from apps.orders.models import Order, OrderStatus

_LINE = "sku name options quantity currency unit_price_amount subtotal_amount tax_percent tax_amount".split()


def export_orders(person: Person) -> list[dict[str, Any]]:
    orders = selectors.orders_of(person).prefetch_related("lines", "history", "fulfilments").order_by("pk")
    return [_order(order) for order in orders]


def _order(order: Order) -> dict[str, Any]:
    hidden = {"id", "customer", "quote", "cart_id"}
    own = {field.name: getattr(order, field.name) for field in Order._meta.concrete_fields if field.name not in hidden}
    return own | {
        "lines": [_facts(line, _LINE) for line in order.lines.all()],
        "history": [_facts(change, ["created_at", "old", "new", "reason"]) for change in order.history.all()],
        "parcels": [_facts(parcel, ["created_at", "carrier", "tracking_number"]) for parcel in order.fulfilments.all()],
    }


def _facts(row: Any, names: list[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def unfinished_orders(person: Person) -> Iterator[Obstacle]:
    for order in selectors.orders_of(person).order_by("pk"):
        if order.is_awaiting_payment and order.paid_amount > 0:
            sentence = f"Order {order.number} is paid in part: pay the rest, or cancel it and have the money back."
            yield Obstacle("order_partly_paid", order.number, sentence)
        elif order.status in {OrderStatus.CONFIRMED, OrderStatus.PROCESSING}:
            sentence = f"Order {order.number} is not sent yet: wait until it is, or cancel it."
            yield Obstacle("order_not_sent", order.number, sentence)


def erase_orders(person: Person) -> Erased:
    """What nobody has paid for is cancelled. A guest's orders under the same address become the erased person's."""
    orders = list(selectors.orders_of(person).order_by("pk"))
    for order in orders:
        if order.is_awaiting_payment:
            services.cancel_order(order_id=order.pk, actor=services.SHOP, reason="The customer's account was erased")
        services.erase_customer_of(order=order, customer_id=person.user_id, email=person.tombstone)
    return Erased(len(orders))


register(
    Holding(
        name="orders",
        about="What you bought: orders with their lines, addresses, history and parcels.",
        export=export_orders,
        erase=erase_orders,
        obstacles=unfinished_orders,
        exports=["orders.Order", "orders.OrderStatusChange", "orders.Fulfilment"],
        erases=[
            "orders.Order.email",
            "orders.Order.phone",
            "orders.Order.note",
            "orders.Order.shipping_address",
            "orders.Order.billing_address",
        ],
        keeps={
            "orders.Order.customer": "that these orders were one person's; that person's row says nothing any more",
            "orders.Order.shipping_method_name": "how it was sent",
            "orders.OrderLine.name": "what was sold: the books",
            "orders.Fulfilment.tracking_number": "the carrier's proof that it arrived, for disputes",
        },
    )
)
