"""Giving back of an order, by its lines or by an amount, however many payments it was paid with.

One decision at a time for each order, and then its payments' locks: what is left is looked at under both.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from apps.common import idempotency
from apps.common.models import IdempotencyRecord
from apps.common.money import Money
from apps.inventory import services as inventory_services
from apps.orders import selectors as order_selectors
from apps.orders.models import Order
from apps.payments import selectors
from apps.payments.exceptions import RefundLineNotFound, RefundRefused
from apps.payments.models import OrderRefund, Payment, RefundLine
from apps.payments.selectors import RefundableLine
from apps.payments.services import refunds

Units = list[tuple[RefundableLine, int]]


@transaction.atomic
def refund_order_lines(
    *,
    order_id: int,
    lines: Sequence[tuple[UUID, int]] | None = None,
    amount: Money | None = None,
    reason: str,
    actor: str,
    restock: bool = False,
    actor_id: int | None = None,
    record: IdempotencyRecord | None = None,
) -> OrderRefund:
    """Give back the price of some units, or an amount in the order's currency, or else all that is left of it.

    A unit's price is its share of its line's subtotal, discount and tax. The money goes back the ways it came, that of
    the latest payment first; each refund is sent after commit. With `restock` the units are back on the shelf at once.

    Raises:
        RefundLineNotFound: a line is not the order's.
        RefundRefused: more than is left, more units than are left, or nothing at all; or the order still waits for the
            rest of its money.
        StockChangeRefused: units are to be restocked that were never sent.
    """
    _queue_up(order_id)
    payments = list(refunds.lock_counting(order_id))
    order = order_selectors.get_order(order_id=order_id)
    if order.balance.amount > 0:
        raise RefundRefused(f"{order.number} waits for the rest of its money; give its payments back one by one.")
    units = _units(order, lines or [])
    worth = _worth(order, units, amount)
    decision = _decide(order, worth, units, reason=reason, actor=actor, is_restocked=restock)
    _spread(payments, worth, decision)
    if restock:
        sent = {one.line.public_id: quantity for one, quantity in units}
        inventory_services.take_back(units=sent, actor_id=actor_id)
    idempotency.remember_resource(record, f"order-refund:{decision.pk}")
    return decision


def _queue_up(order_id: int) -> None:
    """One at a time for each order: units that a rival is about to give back cannot be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"payments.order_refund:{order_id}"])


def _units(order: Order, wanted: Sequence[tuple[UUID, int]]) -> Units:
    known = {one.line.public_id: one for one in selectors.refundable_lines(order)} if wanted else {}
    strangers = [name for name, _ in wanted if name not in known]
    if strangers:
        raise RefundLineNotFound(f"{order.number} has no line {strangers[0]}.")
    units = [(known[name], quantity) for name, quantity in wanted]
    if len({name for name, _ in wanted}) < len(wanted):
        raise RefundRefused("Name each line once.", errors={"lines": ["Name each line once."]})
    for one, quantity in units:
        if not 0 < quantity <= one.refundable_quantity:
            refusal = f"Of {one.line} {one.refundable_quantity} units can be given back, not {quantity}."
            raise RefundRefused(refusal, errors={"lines": [refusal]})
    return units


def _worth(order: Order, units: Units, amount: Money | None) -> Money:
    left = selectors.refundable(order)
    if units and amount is not None:
        raise RefundRefused("Say which units go back, or how much money; not both.")
    if units:
        amount = sum((one.worth_of(quantity) for one, quantity in units), Money.zero(order.currency))
    worth = left if amount is None else amount
    is_payable = worth.currency == order.currency and worth.amount > 0 and worth == worth.rounded()
    if not is_payable or left < worth:
        refusal = f"{worth.amount} {worth.currency} cannot be given back of {order.number}: {left} are left."
        raise RefundRefused(refusal, errors={"amount": [f"At most {left}."]})
    return worth


def _decide(order: Order, worth: Money, units: Units, *, reason: str, actor: str, is_restocked: bool) -> OrderRefund:
    decision = OrderRefund.objects.create(
        order=order,
        amount=worth.amount,
        currency=worth.currency,
        reason=reason[:200],
        actor=actor,
        is_restocked=is_restocked and bool(units),
    )
    RefundLine.objects.bulk_create(
        RefundLine(
            order_refund=decision,
            order_line=one.line,
            quantity=quantity,
            amount=one.worth_of(quantity).amount,
        )
        for one, quantity in units
    )
    return decision


def _spread(payments: Sequence[Payment], worth: Money, decision: OrderRefund) -> None:
    for payment in reversed(payments):
        part = min(worth, refunds.left_of(payment))
        if part.amount > 0:
            refunds.queue_share(payment, part, decision)
            worth = worth - part
