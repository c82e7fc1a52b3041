"""What must hold of the money: after every step, and once everything that is under way has come to its end."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Now

from apps.common import audit
from apps.common.money import Money
from apps.orders.models import Order, OrderStatus
from apps.outbox import services as outbox
from apps.outbox.models import Delivery, DeliveryStatus
from apps.payments.models import Account, LedgerEntry, LedgerTransaction, Payment, PaymentStatus, Refund, RefundStatus
from tests.money.company import Company

MAY_FAIL = ("ProviderUnavailable", "WebhookObjectUnknown")  # a handler is tried again after these, and no other


def nothing_is_false() -> None:
    """Every invariant of the house, and the constraints that the database leaves for the commit."""
    connection.connection.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    broken = connection.connection.execute(_all_invariants(), prepare=True).fetchone()[0]
    if broken:
        rows = [f"{one.invariant.code} {one.invariant.sentence}: {one.rows}" for one in audit.run()]
        raise AssertionError(f"{broken} handlers failed or invariants broke: {rows} {_failures()}")


@cache
def _all_invariants() -> str:
    """All in one statement that is planned once: it is asked after every step of every history."""
    expected = " OR ".join(f"starts_with(last_error, '{name}')" for name in MAY_FAIL)
    handlers = f"SELECT 1 FROM outbox_delivery WHERE last_error <> '' AND NOT ({expected})"  # noqa: S608  our own words
    books = "SELECT 1 FROM payments_ledgerentry GROUP BY currency HAVING SUM(amount) <> 0"
    queries = [one.query for one in audit.registered()] + [handlers, books]
    return "SELECT " + " + ".join(f"EXISTS ({query})::int" for query in queries)


def _failures() -> list[tuple[str, str]]:
    return list(Delivery.objects.exclude(last_error="").values_list("handler", "last_error"))


def let_the_outbox_finish() -> None:
    """Deliver all there is, and what failed once more, until nothing is left."""
    for _ in range(30):
        while outbox.drain():
            pass
        if not Delivery.objects.filter(status=DeliveryStatus.PENDING).update(due_at=Now()):
            return
    raise AssertionError("The outbox does not come to its end.")


def nothing_is_lost(companies: Iterable[Company]) -> None:
    """All is told and done by now: what companies know is what we know, and each order has just the money it says."""
    charges = {name: charge for company in companies for name, charge in company.charges.items()}
    for payment in Payment.objects.select_related("order"):
        charge = charges.get(payment.provider_reference)
        if charge is not None and charge.captured.amount:
            assert payment.is_judged, f"{payment} is {payment.status}, and its customer has paid"
            if charge.captured.currency == payment.currency:
                assert (payment.captured, payment.refunded) == (charge.captured, charge.given_back), str(payment)
        if payment.is_judged:
            _has_found_its_place(payment)
    for order in Order.objects.all():
        _is_balanced(order)


def _has_found_its_place(payment: Payment) -> None:
    """M8: a success is a paid order, or went back whole, or is before staff."""
    if payment.cases.exists():
        return
    assert payment.status == PaymentStatus.SUCCEEDED
    back = sum((one.money for one in payment.refunds.exclude(status=RefundStatus.FAILED)), Money.zero(payment.currency))
    assert back == payment.refunded
    worth = Money(payment.order_amount * payment.captured_amount / payment.amount, payment.order_currency).rounded()
    if payment.counted < worth:
        assert payment.refunds.filter(is_excess=True).exists(), f"{payment} brought more than counts, and keeps it"
    if not payment.counted_amount:
        assert payment.refundable.amount == 0, f"{payment} counts for nothing and stays with us"
    elif payment.order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
        assert payment.refundable.amount == 0, f"{payment} paid an order that came to nothing"


def _is_balanced(order: Order) -> None:
    """The customer owes what the order still asks for if it was sold, and we owe him nothing."""
    refunds = Refund.objects.filter(payment__order=order)
    if refunds.exclude(status=RefundStatus.SUCCEEDED).exists():
        return  # something could not be given back, or staff must send it: there is a case, and we owe it
    entries = LedgerEntry.objects.filter(transaction__order=order, account=Account.CUSTOMER)
    owed = entries.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    is_sold = LedgerTransaction.objects.filter(key=f"sale:{order.number}").exists()
    if is_sold and order.status not in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
        assert owed == order.balance.amount, f"{order} asks for {order.balance}, the books for {owed}"
    elif order.is_awaiting_payment:
        assert owed == -order.paid_amount, f"{order} has {order.paid} of its customer, the books say {owed}"
    else:
        assert owed == 0, f"{order} is {order.status}, and the books still say {owed}"
