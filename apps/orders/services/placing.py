"""An order is born."""

from __future__ import annotations

import contextlib

from django.db import IntegrityError, transaction

from apps.accounts.exceptions import SessionEnded
from apps.common import sql
from apps.inventory import services as inventory_services
from apps.inventory.services import Wanted
from apps.orders.drafts import OrderDraft
from apps.orders.events import OrderPlaced
from apps.orders.exceptions import CartAlreadyOrdered, OrderTransitionNotAllowed
from apps.orders.models import Order, OrderLine, OrderStatus, OrderStatusChange
from apps.orders.services.base import SHOP
from apps.outbox import services as outbox

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
