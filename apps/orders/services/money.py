"""What money does to an order. Payments calls these, and keeps the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.common.clock import database_now
from apps.common.money import Money
from apps.inventory import services as inventory_services
from apps.inventory.services import Wanted
from apps.orders.events import OrderConfirmed
from apps.orders.exceptions import CartAlreadyOrdered, OrderHasExpired, OrderTransitionNotAllowed
from apps.orders.models import Order, OrderLine, OrderStatus, PaymentStatus
from apps.orders.services.base import SHOP, line_ids
from apps.orders.services.clock import set_deadline
from apps.outbox import services as outbox


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an order made of money that came for it: how much it could use, and whether it is paid now."""

    counted: Money
    is_paid: bool


@transaction.atomic
def receive_payment(*, order_id: int, amount: Money, window: timedelta | None = None) -> Receipt:
    """Money of this worth, in the order's currency, has come: count what is still needed of it.

    With the last of it holds become commitments and the order is confirmed; a part gives the customer another `window`
    for the rest. Late money is welcome while it pays the whole and the units are free (DESIGN, table D4). Safe inside a
    caller's transaction: a refusal undoes only what this did.

    Raises:
        OutOfStock: the order had expired and its units are gone.
        CartAlreadyOrdered: the order had expired, and its cart was bought again meanwhile.
        OrderHasExpired: the order had expired, and this is only a part.
        OrderTransitionNotAllowed: it is cancelled, paid already, or over.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    if not order.takes_money:
        raise OrderTransitionNotAllowed(number=order.number, current=order.status, wanted=OrderStatus.CONFIRMED)
    counted = min(amount, order.balance)
    is_paid = counted == order.balance
    if not is_paid and order.status == OrderStatus.EXPIRED:
        raise OrderHasExpired(f"{amount} for {order.number} came after it had expired, and is not all of it.")
    changes = {
        "paid_amount": order.paid_amount + counted.amount,
        "payment_status": PaymentStatus.PAID if is_paid else PaymentStatus.PARTIALLY_PAID,
    }
    if is_paid and order.is_before_confirmation:
        _confirm(order, paid_at=database_now(), **changes)
    else:
        paid_at = database_now() if is_paid else None
        Order.objects.filter(pk=order_id).update(paid_at=paid_at, updated_at=Now(), **changes)
    if not is_paid and window is not None and order.payment_due_at is not None:
        set_deadline(order_id, max(order.payment_due_at, database_now() + window))
    return Receipt(counted, is_paid)


@transaction.atomic
def accept_unpaid(*, order_id: int) -> bool:
    """Confirm an order whose money comes with the delivery; False, and nothing happens, unless it awaits payment.

    Raises:
        OutOfStock: cannot happen while the order holds its units.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.is_awaiting_payment:
        _confirm(order)
        return True
    return False


def _confirm(order: Order, **changes: Any) -> None:
    paid_at = changes.get("paid_at")
    is_late = paid_at is not None and order.payment_due_at is not None and order.payment_due_at < paid_at
    inventory_services.commit(wanted=_wanted(order.pk))
    reason = "Paid late" if is_late else "Paid" if paid_at else "To be paid on delivery"
    try:
        order.move_to(OrderStatus.CONFIRMED, actor=SHOP, reason=reason, is_paid_late=is_late, **changes)
    except IntegrityError as error:
        raise CartAlreadyOrdered(f"The cart of {order.number} has become another order.") from error
    outbox.publish(OrderConfirmed(order_id=order.pk, is_late=is_late))


@transaction.atomic
def return_parts(*, order_id: int, amount: Money) -> bool:
    """A part that was paid goes back, as the order came to nothing; False if the order lives, or was paid whole."""
    order = Order.objects.select_for_update().get(pk=order_id)
    return order.status in {OrderStatus.EXPIRED, OrderStatus.CANCELLED} and _give_up_part(order, amount)


@transaction.atomic
def return_part(*, order_id: int, amount: Money) -> bool:
    """Some of a part went back before the rest had come: the balance grows again; False if the order was paid whole."""
    return _give_up_part(Order.objects.select_for_update().get(pk=order_id), amount)


def _give_up_part(order: Order, amount: Money) -> bool:
    if order.balance.amount == 0:
        return False
    left = order.paid_amount - amount.amount
    status = PaymentStatus.PARTIALLY_PAID if left else PaymentStatus.UNPAID
    Order.objects.filter(pk=order.pk).update(paid_amount=left, payment_status=status, updated_at=Now())
    return True


@transaction.atomic
def record_refund(*, order_id: int, amount: Money) -> Order:
    """Book money that went back to the customer for a payment which had paid this order.

    An order that is given back whole becomes `refunded`, and what it still held in stock is free again.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    Order.objects.filter(pk=order_id).update(refunded_amount=F("refunded_amount") + amount.amount, updated_at=Now())
    order.refresh_from_db(fields=["refunded_amount"])
    if order.refunded < order.paid:
        Order.objects.filter(pk=order_id).update(payment_status=PaymentStatus.PARTIALLY_REFUNDED)
        return order
    order.move_to(OrderStatus.REFUNDED, actor=SHOP, reason="Refunded in full", payment_status=PaymentStatus.REFUNDED)
    inventory_services.release(line_ids=line_ids(order_id))
    return order


def _wanted(order_id: int) -> list[Wanted]:
    rows = OrderLine.objects.filter(order_id=order_id).order_by("variant_id")
    return [Wanted(*row) for row in rows.values_list("public_id", "variant_id", "quantity")]
