"""What can happen to an order. Locks: the order first, then inventory's rows; payments are told by events."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, IntegerField, Q, When
from django.db.models.functions import Now

from apps.accounts.exceptions import SessionEnded
from apps.catalog import services as catalog_services
from apps.common import sql
from apps.common.clock import database_now
from apps.common.money import Money
from apps.inventory import services as inventory_services
from apps.inventory.services import Wanted
from apps.orders import selectors
from apps.orders.drafts import OrderDraft
from apps.orders.events import OrderCancelled, OrderCompleted, OrderConfirmed, OrderExpired, OrderPlaced, OrderShipped
from apps.orders.exceptions import (
    CartAlreadyOrdered,
    OrderHasExpired,
    OrderLineNotFound,
    OrderPartlySent,
    OrderTransitionNotAllowed,
    UnitsNotLeft,
)
from apps.orders.models import (
    AWAITING_PAYMENT,
    Fulfilment,
    FulfilmentLine,
    FulfilmentStatus,
    Order,
    OrderLine,
    OrderStatus,
    OrderStatusChange,
    PaymentStatus,
)
from apps.outbox import services as outbox

SHOP = "shop"  # the actor when nobody pressed a button
_PAYMENT_HAS_BEGUN = "A payment has begun"


@transaction.atomic(savepoint=False)
def place_order(*, draft: OrderDraft) -> tuple[Order, list[OrderLine]]:
    """Freeze the draft into an order with lines and hold its units until the payment is due: its first breath.

    Raises:
        OutOfStock: nothing is kept.
        CartAlreadyOrdered: the cart has a live order already.
        SessionEnded: the customer was erased meanwhile.
    """
    order = _order(draft)
    lines = _lines(order, draft)
    try:
        sql.insert(order, lines, _first_changes(order))
    except IntegrityError as error:
        if "order_one_live_per_cart" in str(error):
            raise CartAlreadyOrdered("This cart has become an order already; look into your orders.") from error
        if "order_customer_is_not_erased" in str(error):
            raise SessionEnded from error
        raise
    wanted = [Wanted(line.line_id, line.variant_id, line.quantity) for line in draft.lines]
    inventory_services.reserve(wanted=wanted, expires_at=draft.payment_due_at)
    outbox.publish(OrderPlaced(order_id=order.pk))
    return order, lines


def _order(draft: OrderDraft) -> Order:
    return Order(
        customer_id=draft.customer_id,
        email=draft.email,
        phone=draft.phone,
        language=draft.language,
        cart_id=draft.cart_id,
        payment_due_at=draft.payment_due_at,
        currency=draft.currency,
        subtotal_amount=draft.subtotal.amount,
        shipping_amount=draft.shipping.amount,
        tax_amount=draft.tax.amount,
        total_amount=draft.total.amount,
        is_pickup=draft.is_pickup,
        status=OrderStatus.PENDING if draft.is_payment_begun else OrderStatus.CREATED,
        quote=draft.quote,
        shipping_method_code=draft.shipping_method_code,
        shipping_method_name=draft.shipping_method_name,
        shipping_address=draft.shipping_address,
        billing_address=draft.billing_address,
        note=draft.note,
    )


def _first_changes(order: Order) -> list[OrderStatusChange]:
    placed = OrderStatusChange(order=order, new=OrderStatus.CREATED, actor="customer")
    if order.status == OrderStatus.CREATED:
        return [placed]
    begun = OrderStatusChange(order=order, old=placed.new, new=order.status, actor=SHOP, reason=_PAYMENT_HAS_BEGUN)
    return [placed, begun]


def _lines(order: Order, draft: OrderDraft) -> list[OrderLine]:
    return [
        OrderLine(
            public_id=line.line_id,
            order=order,
            variant_id=line.variant_id,
            store_id=line.store_id,
            sku=line.sku,
            name=line.name,
            options=line.options,
            quantity=line.quantity,
            currency=line.unit_price.currency,
            unit_price_amount=line.unit_price.amount,
            subtotal_amount=line.subtotal.amount,
            tax_percent=line.tax_percent,
            tax_amount=line.tax.amount,
        )
        for line in draft.lines
    ]


@transaction.atomic(savepoint=False)
def mark_payment_begun(*, order_id: int) -> None:
    """created → pending, once a provider waits for the customer; any other state is left alone."""
    order = Order(pk=order_id, status=OrderStatus.CREATED)  # no need to read it: the guarded UPDATE decides
    with contextlib.suppress(OrderTransitionNotAllowed):
        order.move_to(OrderStatus.PENDING, actor=SHOP, reason=_PAYMENT_HAS_BEGUN)


@transaction.atomic
def stop_clock(*, order_id: int) -> None:
    """No deadline any more: a provider works on the money, or staff must decide. Only while payment is awaited.

    One that has passed stays, whether or not the sweeper has been here: the units are anybody's, and money comes late.
    """
    if not Order.objects.filter(pk=order_id, payment_due_at__lt=Now()).exists():
        _set_deadline(order_id, None)


@transaction.atomic
def restart_clock(*, order_id: int, due_at: datetime | None) -> None:
    """A new deadline: the customer pays another way, or the money that was worked on has not come."""
    _set_deadline(order_id, due_at)


def _set_deadline(order_id: int, due_at: datetime | None) -> None:
    awaiting = Order.objects.filter(pk=order_id, status__in=AWAITING_PAYMENT)
    if awaiting.update(payment_due_at=due_at, updated_at=Now()):
        inventory_services.extend_holds(line_ids=_line_ids(order_id), expires_at=due_at)


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
        _set_deadline(order_id, max(order.payment_due_at, database_now() + window))
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
    inventory_services.release(line_ids=_line_ids(order_id))
    outbox.publish(OrderCancelled(order_id=order.pk, reason=reason))
    return order


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


@transaction.atomic
def _expire(order_id: int) -> bool:
    due = Order.objects.filter(pk=order_id, status__in=AWAITING_PAYMENT, payment_due_at__lt=Now())
    order = due.select_for_update(skip_locked=True).first()
    if order is None:
        return False
    order.move_to(OrderStatus.EXPIRED, actor=SHOP, reason="The payment window is over")
    inventory_services.release(line_ids=_line_ids(order_id))
    outbox.publish(OrderExpired(order_id=order_id))
    return True


@transaction.atomic
def start_processing(*, order_id: int, actor: str) -> Order:
    """confirmed → processing: somebody packs it."""
    order = Order.objects.select_for_update().get(pk=order_id)
    order.move_to(OrderStatus.PROCESSING, actor=actor)
    return order


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


def lock_order(*, order_id: int) -> Order:
    """The order as nobody else can change it now; its payments' locks, if any, come before."""
    return Order.objects.select_for_update().get(pk=order_id)


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


@transaction.atomic
def complete_order(*, order_id: int, actor: str) -> Order:
    """shipped → completed: it has arrived."""
    order = Order.objects.select_for_update().get(pk=order_id)
    order.move_to(OrderStatus.COMPLETED, actor=actor)
    outbox.publish(OrderCompleted(order_id=order.pk))
    return order


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
    inventory_services.release(line_ids=_line_ids(order_id))
    return order


def _wanted(order_id: int) -> list[Wanted]:
    rows = OrderLine.objects.filter(order_id=order_id).order_by("variant_id")
    return [Wanted(*row) for row in rows.values_list("public_id", "variant_id", "quantity")]


def _line_ids(order_id: int) -> list[UUID]:
    return list(OrderLine.objects.filter(order_id=order_id).values_list("public_id", flat=True))


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


def rank_products() -> int:
    """Tell the catalogue what has sold in the last POPULARITY_DAYS; returns how many products have another place."""
    since = database_now() - timedelta(days=settings.POPULARITY_DAYS)
    return catalog_services.set_popularity(units=selectors.units_sold(since=since))
