"""What leaves the shelf, in one parcel or in several, and what need not any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, IntegerField, When
from django.db.models.functions import Now

from apps.common.transactions import retry_collisions
from apps.inventory import services as inventory_services
from apps.orders.events import OrderCompleted, OrderShipped
from apps.orders.exceptions import OrderLineNotFound, OrderTransitionNotAllowed, UnitsNotLeft
from apps.orders.models import Fulfilment, FulfilmentLine, FulfilmentStatus, Order, OrderLine, OrderStatus
from apps.orders.services.base import lock_order
from apps.outbox import services as outbox


@retry_collisions
@transaction.atomic
def start_processing(*, order_id: int, actor: str) -> Order:
    """confirmed → processing: somebody packs it."""
    order = Order.objects.select_for_update().get(pk=order_id)
    order.move_to(OrderStatus.PROCESSING, actor=actor)
    return order


@retry_collisions
@transaction.atomic
def ship_order(
    *,
    order_id: int,
    actor: str,
    actor_id: int | None = None,
    carrier: str = "",
    tracking_number: str = "",
    lines: Mapping[UUID, int] | None = None,
) -> Order:
    """Send a parcel with so many units of the named lines, or else with all that is left to send.

    Units leave the shelf, and the customer is told what is in the parcel. The order is processing until the last of its
    units has left, and shipped then.

    Raises:
        OrderTransitionNotAllowed: not paid, shipped already, or over.
        OrderLineNotFound: a line is not the order's.
        UnitsNotLeft: fewer of a line are left, or nothing at all.
    """
    order = lock_order(order_id=order_id)
    if not order.is_to_be_sent:
        raise OrderTransitionNotAllowed(number=order.number, current=order.status, wanted=OrderStatus.SHIPPED)
    units = _left_of(order, lines)
    parcel = Fulfilment.objects.create(order=order, carrier=carrier, tracking_number=tracking_number, actor=actor)
    FulfilmentLine.objects.bulk_create(
        FulfilmentLine(fulfilment=parcel, line=line, quantity=quantity) for line, quantity in units
    )
    _count("sent_quantity", units)
    inventory_services.ship(units={line.public_id: quantity for line, quantity in units}, actor_id=actor_id)
    if _is_anything_left(order):
        _send_in_part(order, actor)
    else:
        order.move_to(OrderStatus.SHIPPED, actor=actor, fulfilment_status=FulfilmentStatus.FULFILLED)
    outbox.publish(OrderShipped(order_id=order.pk, fulfilment_id=parcel.pk))
    return order


@transaction.atomic
def give_up_units(*, order_id: int, units: Mapping[UUID, int], actor: str) -> None:
    """The price of these units goes back before they were sent: nobody is owed them, and they are free for others.

    Where the rest had been sent before, the order is shipped now.

    Raises:
        OrderLineNotFound: a line is not the order's.
        UnitsNotLeft: fewer of a line are left.
    """
    order = lock_order(order_id=order_id)
    _count("given_up_quantity", _left_of(order, units))
    if not order.is_to_be_sent:
        return  # it is over, and what it held is free already
    inventory_services.give_up(units=units)
    is_begun = order.fulfilment_status == FulfilmentStatus.PARTIALLY_FULFILLED
    if is_begun and not _is_anything_left(order):
        reason = "The rest is refunded"
        order.move_to(OrderStatus.SHIPPED, actor=actor, reason=reason, fulfilment_status=FulfilmentStatus.FULFILLED)


def _left_of(order: Order, wanted: Mapping[UUID, int] | None) -> list[tuple[OrderLine, int]]:
    lines = {line.public_id: line for line in order.lines.order_by("pk")}
    if wanted is None:
        wanted = {name: line.left_quantity for name, line in lines.items() if line.left_quantity}
    if not wanted:
        raise UnitsNotLeft(f"Nothing of {order.number} is left to send.")
    for name, quantity in wanted.items():
        if name not in lines:
            raise OrderLineNotFound(f"{order.number} has no line {name}.")
        left = lines[name].left_quantity
        if not 0 < quantity <= left:
            refusal = f"Of {lines[name]} {left} units are left to send, not {quantity}."
            raise UnitsNotLeft(refusal, errors={"lines": [refusal]})
    return [(lines[name], quantity) for name, quantity in wanted.items()]


def _count(counter: str, units: Sequence[tuple[OrderLine, int]]) -> None:
    more = Case(*(When(pk=line.pk, then=quantity) for line, quantity in units), output_field=IntegerField())
    lines = OrderLine.objects.filter(pk__in=[line.pk for line, _ in units])
    lines.update(updated_at=Now(), **{counter: F(counter) + more})


def _is_anything_left(order: Order) -> bool:
    return OrderLine.objects.filter(order=order).left_to_send().exists()


def _send_in_part(order: Order, actor: str) -> None:
    change = {"fulfilment_status": FulfilmentStatus.PARTIALLY_FULFILLED}
    if order.status == OrderStatus.CONFIRMED:
        order.move_to(OrderStatus.PROCESSING, actor=actor, reason="A part is sent", **change)
    else:
        Order.objects.filter(pk=order.pk).update(updated_at=Now(), **change)
        order.fulfilment_status = change["fulfilment_status"]


@retry_collisions
@transaction.atomic
def complete_order(*, order_id: int, actor: str) -> Order:
    """shipped → completed: it has arrived."""
    order = Order.objects.select_for_update().get(pk=order_id)
    order.move_to(OrderStatus.COMPLETED, actor=actor)
    outbox.publish(OrderCompleted(order_id=order.pk))
    return order
