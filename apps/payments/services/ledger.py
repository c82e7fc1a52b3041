"""What is written into the books when money moves: one function for each thing that can happen, each booked once.

The caller holds the payment's lock. A debit is above zero; every function leaves each currency at zero in sum, which
the database checks again at commit. Where a payment is in another currency than its order, the two sides meet in
`exchange`: what the quote makes of the amount to the last place goes there, and what the coin left to `rounding`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db import connection

from apps.common.ids import new_id
from apps.common.money import Money
from apps.orders.models import Order
from apps.payments.models import Account, Dispute, LedgerEntry, LedgerTransaction, Payment, PaymentStatus, Refund

FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Entry:
    """One side: an account, for some of them the provider's own, and an amount in one currency."""

    account: Account
    money: Money
    provider: str = ""


def book_capture(payment: Payment, worth: Money) -> None:
    """Money has come that is worth so much to the order; all of it is the customer's until something is sold."""
    entries = _exchanged(payment, payment.captured, worth, Account.CUSTOMER)
    _post(f"capture:{payment.reference}", payment, f"{payment.captured} came by {_way(payment)}", entries)


def book_suspense(payment: Payment, taken: Money) -> None:
    """Money has come that does not fit what was asked; it waits for a decision."""
    entries = [Entry(Account.CLEARING, taken, payment.provider), Entry(Account.SUSPENSE, -taken)]
    description = f"{taken} came by {_way(payment)} where {payment.money} were asked"
    _post(f"suspense:{payment.reference}", payment, description, entries)


def book_suspense_end(payment: Payment) -> None:
    """What had been set aside is taken out again, to be booked as what it turned out to be."""
    booked = LedgerEntry.objects.filter(transaction__key=f"suspense:{payment.reference}")
    entries = [Entry(Account(one.account), -one.money, one.provider) for one in booked]
    _post(f"suspense-end:{payment.reference}", payment, f"{payment} has been looked at", entries)


def book_sale(order: Order, payment: Payment) -> None:
    """The order is confirmed: what it costs is owed by the customer, and is sold."""
    entries = [Entry(Account.CUSTOMER, order.total), Entry(Account.SALES, -order.total)]
    _post(f"sale:{order.number}", payment, f"{order.number} was sold for {order.total}", entries)


def book_unsold(order: Order) -> None:
    """An order that was to be paid at the door is off before all of its money came: nobody owes it any more."""
    sale = LedgerTransaction.objects.filter(key=f"sale:{order.number}").select_related("payment").first()
    if sale is None or sale.payment is None:
        return
    entries = [Entry(Account.SALES, order.total), Entry(Account.CUSTOMER, -order.total)]
    _post(f"unsold:{order.number}", sale.payment, f"{order.number} is off, and was not paid", entries)


def book_fee(payment: Payment, fee: Money) -> None:
    """The provider has said what it kept of the money."""
    entries = [Entry(Account.FEES, fee, payment.provider), Entry(Account.CLEARING, -fee, payment.provider)]
    _post(f"fee:{payment.reference}", payment, f"{_way(payment)} kept {fee} of it", entries)


def book_refund(payment: Payment, refund: Refund) -> None:
    """Money has arrived back at the customer: off what was sold, or off what we owed him all along."""
    if payment.status == PaymentStatus.NEEDS_REVIEW:
        entries = [Entry(Account.SUSPENSE, refund.money), Entry(Account.CLEARING, -refund.money, payment.provider)]
    else:
        account = Account.CUSTOMER if refund.is_excess else Account.REFUNDS
        entries = _exchanged(payment, -refund.money, -_worth(payment, refund), account)
    description = f"{refund.money} went back by {_way(payment)}: {refund.reason}"
    _post(f"refund:{refund.public_id}:{_times(refund)}", payment, description[:300], entries, refund)


def book_refund_returned(payment: Payment, refund: Refund) -> None:
    """The bank has sent a refund back to us, after it had arrived."""
    last = LedgerTransaction.objects.filter(refund=refund).order_by("-pk").prefetch_related("entries").first()
    if last is None:
        return
    entries = [Entry(Account(one.account), -one.money, one.provider) for one in last.entries.all()]
    description = f"The refund of {refund.money} came back to us"
    _post(f"refund-returned:{refund.public_id}:{_times(refund)}", payment, description, entries, refund)


def book_dispute(payment: Payment, dispute: Dispute, *, is_won: bool) -> None:
    """A bank has taken disputed money away, or given it back."""
    amount = -dispute.money if is_won else dispute.money
    entries = [Entry(Account.DISPUTES, amount), Entry(Account.CLEARING, -amount, payment.provider)]
    word, verb = ("dispute-won", "was won; it is ours again") if is_won else ("dispute", "took it away")
    _post(f"{word}:{dispute.public_id}", payment, f"A dispute over {dispute.money} {verb}", entries)


def _exchanged(payment: Payment, taken: Money, worth: Money, account: Account) -> list[Entry]:
    """`taken` reaches the provider's account and `worth` leaves `account`; two currencies meet in `exchange`."""
    taking = Entry(Account.CLEARING, taken, payment.provider)
    if payment.quote is None:
        return [taking, Entry(account, -taken)]
    exact = Money((taken.amount / payment.quote.rate).quantize(FOUR_PLACES, ROUND_HALF_UP), worth.currency)
    return [
        taking,
        Entry(Account.EXCHANGE, -taken),
        Entry(Account.EXCHANGE, exact),
        Entry(Account.ROUNDING, worth - exact),
        Entry(account, -worth),
    ]


def _worth(payment: Payment, refund: Refund) -> Money:
    """What the refund is worth in the order's currency."""
    if payment.quote is None:
        return refund.money
    if not refund.is_excess:
        return Money(refund.order_amount, payment.order_currency)
    return Money(refund.amount / payment.quote.rate, payment.order_currency).rounded()


def _way(payment: Payment) -> str:
    """As people say it: “bank transfer”."""
    return payment.provider.replace("_", " ")


def _times(refund: Refund) -> int:
    """How often its money has been booked as gone or as come back; a bank may do both."""
    return LedgerTransaction.objects.filter(refund=refund).count()


def _post(key: str, payment: Payment, description: str, entries: list[Entry], refund: Refund | None = None) -> None:
    moved = [entry for entry in entries if entry.money.amount]
    if not moved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_ledgertransaction (public_id, key, order_id, payment_id, refund_id, description)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING id",
            [new_id(), key, payment.order_id, payment.pk, refund.pk if refund else None, description[:300]],
        )
        inserted = cursor.fetchone()
    if inserted is None:
        return
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            transaction_id=inserted[0],
            account=entry.account,
            provider=entry.provider,
            amount=entry.money.amount,
            currency=entry.money.currency,
        )
        for entry in moved
    )
