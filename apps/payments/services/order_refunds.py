"""Giving back of an order, by its lines or by an amount, however many payments it was paid with.

One decision at a time for each order, and then its payments' locks: what is left is looked at under both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from apps.common import idempotency
from apps.common.models import IdempotencyRecord
from apps.common.money import Money
from apps.common.transactions import retry_collisions
from apps.inventory import services as inventory_services
from apps.inventory.exceptions import StockChangeRefused
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.payments import selectors
from apps.payments.exceptions import RefundLineNotFound, RefundRefused
from apps.payments.models import OrderRefund, Payment, RefundLine
from apps.payments.selectors import RefundableLine
from apps.payments.services import refunds


@dataclass(frozen=True, slots=True)
class UnitsBack:
    """Units of a line whose price goes back: these were given up just now, those had been sent."""

    line: RefundableLine
    quantity: int
    given_up: int
    sent: int
    worth: Money


@retry_collisions
@transaction.atomic
def refund_order_lines(
    *,
    order_id: int,
    lines: Sequence[tuple[UUID, int]] | None = None,
    amount: Money | None = None,
    reason: str,
    actor: str,
    unsent: Mapping[UUID, int] | None = None,
    restock: bool = False,
    actor_id: int | None = None,
    record: IdempotencyRecord | None = None,
) -> OrderRefund:
    """Give back the price of some units, or an amount in the order's currency, or else all that is left of it.

    A unit's price is its share of its line's subtotal, discount and tax. The money goes back the ways it came, that of
    the latest payment first; each refund is sent after commit.

    Units that were not sent yet are given up at once, whatever becomes of the money: the customer was promised it. They
    go first, unless `unsent` says how many of a line they are, or `restock` that units which were sent have come back
    to the shelf. An amount gives up no units; all that is left gives up all of them.

    Raises:
        RefundLineNotFound: a line is not the order's.
        RefundRefused: more than is left, more units than are left, or nothing at all; or the order still waits for the
            rest of its money.
        StockChangeRefused: units are to be restocked, and none of them was ever sent.
    """
    _queue_up(order_id)
    payments = list(refunds.lock_counting(order_id))
    order = order_services.lock_order(order_id=order_id)  # so that nobody sends what is given up here
    if order.balance.amount > 0:
        raise RefundRefused(f"{order.number} waits for the rest of its money; give its payments back one by one.")
    left, units = selectors.refundable(order), _units(order, lines or [], unsent or {}, is_back=restock)
    worth = _worth(order, left, units, amount)
    if not units and worth == left:
        units = _all_unsent(order, worth)
    decision = _decide(order, worth, units, reason=reason, actor=actor, is_restocked=restock and bool(lines))
    _spread(payments, worth, decision)
    given_up = {one.line.line.public_id: one.given_up for one in units if one.given_up}
    if given_up:
        order_services.give_up_units(order_id=order_id, units=given_up, actor=actor)
    if decision.is_restocked:
        _restock(units, actor_id)
    idempotency.remember_resource(record, f"order-refund:{decision.pk}")
    return decision


def _queue_up(order_id: int) -> None:
    """One at a time for each order: units that a rival is about to give back cannot be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"payments.order_refund:{order_id}"])


def _units(
    order: Order, wanted: Sequence[tuple[UUID, int]], unsent: Mapping[UUID, int], *, is_back: bool
) -> list[UnitsBack]:
    known = {one.line.public_id: one for one in selectors.refundable_lines(order)} if wanted else {}
    strangers = [name for name, _ in wanted if name not in known]
    if strangers:
        raise RefundLineNotFound(f"{order.number} has no line {strangers[0]}.")
    if len({name for name, _ in wanted}) < len(wanted):
        raise _refused("Name each line once.")
    return [_split(known[name], quantity, unsent.get(name), is_back=is_back) for name, quantity in wanted]


def _split(line: RefundableLine, quantity: int, unsent: int | None, *, is_back: bool) -> UnitsBack:
    """Which of the units were never sent: as many as is said, or as few as can be if they are back, or as many."""
    if not 0 < quantity <= line.refundable_quantity:
        raise _refused(f"Of {line.line} {line.refundable_quantity} units can be given back, not {quantity}.")
    fewest = max(quantity - line.refundable_sent_quantity, 0)
    most = min(quantity, line.refundable_unsent_quantity)
    unsent = (fewest if is_back else most) if unsent is None else unsent
    if not fewest <= unsent <= most:
        raise _refused(f"Of {quantity} units of {line.line} {fewest} to {most} were not sent, not {unsent}.")
    given_up = min(max(unsent - line.unpaid_quantity, 0), line.line.left_quantity)
    return UnitsBack(line, quantity, given_up, quantity - unsent, line.worth_of(quantity))


def _refused(refusal: str) -> RefundRefused:
    return RefundRefused(refusal, errors={"lines": [refusal]})


def _all_unsent(order: Order, worth: Money) -> list[UnitsBack]:
    """What is left to send when all that is left of the price goes back; at most that price is theirs."""
    units = []
    for line in selectors.refundable_lines(order):
        quantity = min(line.line.left_quantity, line.refundable_quantity)
        if quantity:
            share = min(line.worth_of(quantity), worth)
            worth = worth - share
            units.append(UnitsBack(line, quantity, quantity, 0, share))
    return units


def _worth(order: Order, left: Money, units: Sequence[UnitsBack], amount: Money | None) -> Money:
    if units and amount is not None:
        raise RefundRefused("Say which units go back, or how much money; not both.")
    if units:
        amount = sum((one.worth for one in units), Money.zero(order.currency))
    worth = left if amount is None else amount
    is_payable = worth.currency == order.currency and worth.amount > 0 and worth == worth.rounded()
    if not is_payable or left < worth:
        refusal = f"{worth.amount} {worth.currency} cannot be given back of {order.number}: {left} are left."
        raise RefundRefused(refusal, errors={"amount": [f"At most {left}."]})
    return worth


def _decide(
    order: Order, worth: Money, units: Sequence[UnitsBack], *, reason: str, actor: str, is_restocked: bool
) -> OrderRefund:
    decision = OrderRefund.objects.create(
        order=order,
        amount=worth.amount,
        currency=worth.currency,
        reason=reason[:200],
        actor=actor,
        is_restocked=is_restocked,
    )
    RefundLine.objects.bulk_create(
        RefundLine(
            order_refund=decision,
            order_line=one.line.line,
            quantity=one.quantity,
            given_up_quantity=one.given_up,
            sent_quantity=one.sent,
            amount=one.worth.amount,
        )
        for one in units
    )
    return decision


def _spread(payments: Sequence[Payment], worth: Money, decision: OrderRefund) -> None:
    for payment in reversed(payments):
        part = min(worth, refunds.left_of(payment))
        if part.amount > 0:
            refunds.queue_share(payment, part, decision)
            worth = worth - part


def _restock(units: Sequence[UnitsBack], actor_id: int | None) -> None:
    back = {one.line.line.public_id: one.sent for one in units if one.sent}
    if not back:
        raise StockChangeRefused("Only units that were sent can come back to the shelf.")
    inventory_services.take_back(units=back, actor_id=actor_id)
