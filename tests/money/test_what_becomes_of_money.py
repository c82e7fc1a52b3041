"""Table D4 of the design, cell by cell: the state of the order and its units, what is told of money, and who tells it.

| word     | the order               | the money                                     | the units     |
| -------- | ----------------------- | --------------------------------------------- | ------------- |
| pays     | confirmed               | counts                                        | sold          |
| late     | confirmed, paid late    | counts                                        | sold          |
| over     | confirmed               | counts, and what was too much goes back       | sold          |
| part     | waits for the rest      | counts for what it is worth                   | as they were  |
| back     | stays as it is          | goes back whole                               | as they were  |
| gone     | stays as it is          | goes back whole, and staff get a case         | as they were  |
| aside    | stays as it is          | waits for staff, who get a case               | as they were  |
| nothing  | stays as it is          | has not come                                  | as they were  |
| strange  | stays as it is          | has not come; staff get a case                | as they were  |
| returned | refunded                | counted, and had gone back                    | free          |
| less     | confirmed               | counted, and had gone back; other money stays | sold          |
| disputed | confirmed               | counts, a bank wants it, staff get a case     | sold          |
| taken    | stays as it is          | cannot go back, a bank has it; staff know     | as they were  |
| held     | stays as it is          | the same, and staff know that units are gone  | as they were  |

Cells that cannot exist:

- Only PayPal knows money that the customer has agreed to and that the shop must take (agreement).
- Paystack ends no attempt (end); what its customers leave stays open (left), and is no event at the others.
- Nobody disputes what staff have seen arrive, and no bank or till gives it back behind their back (refund, dispute).
- A transfer or cash is never somebody else's (foreign, misnamed): staff name the payment that they confirm. What a
  statement shows and nobody has reported is Pago Móvil's foreign money.
- Pago Móvil brings bolívares and nothing else (currency), and another sum than was asked is never set aside (aside):
  whoever approves a report says in the same breath that it shall count (short taken, excess taken), or is refused.
- A statement proves no other sum than the one that was asked (other sum).
- Cash at the door has no deadline, and so no order that expires; there is nothing to hold, as the units are sold.
"""

import logging
from collections import Counter
from dataclasses import dataclass

import pytest
from django.db.models import Sum

from apps.common.money import Money
from apps.orders.models import Order
from apps.outbox.models import OutboxMessage
from apps.payments.models import Account, Case, LedgerEntry, Payment
from apps.payments.tests.paying import work
from tests.money import checks
from tests.money.at_companies import AtPayPal, AtPaystack, AtStripe
from tests.money.by_hand import ByHand, ByPagoMovil
from tests.money.situations import Stage

WHAT_COMPANIES_TELL = """
              | success | twice | short | excess | currency | refund   | dispute  | agreement
in window     | pays    | pays  | aside | aside  | aside    | returned | disputed | pays
overdue       | late    | late  | aside | aside  | aside    | returned | disputed | late
expired       | late    | late  | aside | aside  | aside    | returned | disputed | nothing
units gone    | gone    | gone  | aside | aside  | aside    | gone     | held     | nothing
ordered again | back    | back  | aside | aside  | aside    | back     | taken    | nothing
cancelled     | back    | back  | aside | aside  | aside    | back     | taken    | nothing
paid already  | back    | back  | aside | aside  | aside    | back     | taken    | nothing
partly paid   | pays    | pays  | aside | aside  | aside    | less     | disputed | pays
sent          | back    | back  | aside | aside  | aside    | back     | taken    | nothing
completed     | back    | back  | aside | aside  | aside    | back     | taken    | nothing
refunded      | back    | back  | aside | aside  | aside    | back     | taken    | nothing
"""
WHAT_STAFF_SEE = """
              | success | twice | short | excess | currency | short taken | excess taken
in window     | pays    | pays  | aside | aside  | aside    | part        | over
overdue       | late    | late  | aside | aside  | aside    | part        | over
expired       | late    | late  | aside | aside  | aside    | back        | over
units gone    | gone    | gone  | aside | aside  | aside    | back        | gone
ordered again | back    | back  | aside | aside  | aside    | back        | back
cancelled     | back    | back  | aside | aside  | aside    | back        | back
paid already  | back    | back  | aside | aside  | aside    | back        | back
partly paid   | pays    | pays  | aside | aside  | aside    | part        | over
sent          | back    | back  | aside | aside  | aside    | back        | back
completed     | back    | back  | aside | aside  | aside    | back        | back
refunded      | back    | back  | aside | aside  | aside    | back        | back
"""
WHAT_IS_REPORTED = """
              | success | twice | short taken | excess taken | statement
in window     | pays    | pays  | part        | over         | pays
overdue       | late    | late  | part        | over         | late
expired       | late    | late  | back        | over         | late
units gone    | gone    | gone  | back        | gone         | gone
ordered again | back    | back  | back        | back         | back
cancelled     | back    | back  | back        | back         | back
paid already  | back    | back  | back        | back         | back
partly paid   | pays    | pays  | part        | over         | pays
sent          | back    | back  | back        | back         | back
completed     | back    | back  | back        | back         | back
refunded      | back    | back  | back        | back         | back
"""
WHAT_IS_SEEN_AT_THE_DOOR = """
              | success | twice | short | excess | currency | short taken | excess taken
to be paid    | pays    | pays  | aside | aside  | aside    | part        | over
sent unpaid   | pays    | pays  | aside | aside  | aside    | part        | over
cancelled     | back    | back  | aside | aside  | aside    | back        | back
paid already  | back    | back  | aside | aside  | aside    | back        | back
"""
TABLES = {
    "stripe": WHAT_COMPANIES_TELL,
    "paypal": WHAT_COMPANIES_TELL,
    "paystack": WHAT_COMPANIES_TELL,
    "pago_movil": WHAT_IS_REPORTED,
    "bank_transfer": WHAT_STAFF_SEE,
    "cash_on_pickup": WHAT_STAFF_SEE,
    "cash_on_delivery": WHAT_IS_SEEN_AT_THE_DOOR,
}
WHATEVER_THE_ORDER = {  # no money comes by these, in any state of the order
    "stripe": {"failure": "nothing", "end": "nothing", "foreign": "nothing", "misnamed": "strange"},
    "paypal": {"failure": "nothing", "end": "nothing", "foreign": "nothing", "misnamed": "strange"},
    "paystack": {"failure": "nothing", "left": "nothing", "foreign": "nothing", "misnamed": "strange"},
    "pago_movil": dict.fromkeys(["report", "failure", "used", "short", "other sum", "foreign"], "nothing"),
    "bank_transfer": {"failure": "nothing"},
    "cash_on_pickup": {"failure": "nothing"},
    "cash_on_delivery": {"failure": "nothing"},
}


@dataclass(frozen=True)
class Fate:
    """What a word means: what is written of the attempt beside fees, what the order becomes, which cases staff get."""

    books: str
    order: str = ""
    cases: str = ""
    takes_part: bool = False


FATES = {
    "pays": Fate("capture sale", order="confirmed"),
    "late": Fate("capture sale", order="confirmed"),
    "over": Fate("capture sale refund", order="confirmed"),
    "part": Fate("capture", takes_part=True),
    "back": Fate("capture refund"),
    "gone": Fate("capture refund", cases="units_gone"),
    "aside": Fate("suspense", cases="wrong_amount"),
    "nothing": Fate(""),
    "strange": Fate(""),
    "returned": Fate("capture sale refund", order="refunded"),
    "less": Fate("capture sale refund", order="confirmed"),
    "disputed": Fate("capture sale dispute", order="confirmed", cases="disputed"),
    "taken": Fate("capture dispute", cases="disputed refund_failed"),
    "held": Fate("capture dispute", cases="disputed refund_failed units_gone"),
}


def cells():
    for way, table in TABLES.items():
        header, *rows = [[cell.strip() for cell in line.split("|")] for line in table.strip("\n").splitlines()]
        for state, *words in rows:
            told = dict(zip(header[1:], words, strict=True)) | WHATEVER_THE_ORDER[way]
            for event, word in told.items():
                if event != "agreement" or way == "paypal":
                    yield pytest.param(way, state, event, word, id=f"{way} - {state} - {event}")


@pytest.fixture(scope="module")
def stage(sandbox_server, tmp_path_factory, django_db_setup, django_db_blocker):
    pickup = {"CASH_ON_PICKUP_CURRENCIES": ["USD"]}
    at_the_door = {"CASH_ON_DELIVERY_CURRENCIES": ["USD"], "CASH_ON_DELIVERY_COUNTRIES": ["VE"]}
    ways = [
        AtStripe(sandbox_server),
        AtPayPal(sandbox_server, tmp_path_factory.mktemp("paypal")),
        AtPaystack(sandbox_server),
        ByPagoMovil(),
        ByHand("bank_transfer"),
        ByHand("cash_on_pickup", **pickup),
        ByHand("cash_on_delivery", **at_the_door),
    ]
    logging.disable(logging.INFO)  # of thousands of calls, and nobody reads it
    with django_db_blocker.unblock(), Stage(sandbox_server, ways) as stage:
        yield stage
    logging.disable(logging.NOTSET)


@pytest.fixture
def at(stage, way, state):
    with stage.show(way, state) as situation:
        yield situation


@pytest.mark.parametrize(("way", "state", "event", "word"), list(cells()))
def test_what_becomes_of_money(at, event, word):
    fate = FATES[word]

    came = at.happens(event)
    work()
    at.way.time_passes(at.payment)
    work()
    checks.nothing_is_false()

    payment = Payment.objects.get(pk=at.payment.pk)
    has_come = bool(fate.books)
    the_order_is(at, payment, word)
    the_payment_is(at, payment, event, word)
    assert {one.kind for one in Case.objects.all()} - {"refund_by_hand"} == staff_get(word)
    assert booked(at) == Counter(fate.books.split()) - at.sold_before
    assert money_in_the_books(payment, "capture", "suspense") == ([came] if has_come else [])
    assert money_in_the_books(payment, "refund") == ([-payment.refunded] if "refund" in fate.books else [])


def the_order_is(at, payment, word):
    """Its state, its money and its units; for what does not count they are what they were."""
    order, fate = Order.objects.get(pk=at.order.pk), FATES[word]
    status, payment_status, paid, units = at.looks()
    if fate.takes_part:
        assert (status, payment_status) == (at.before.status, "partially_paid")
        assert (paid, units) == (at.before.paid + payment.counted, at.before.units)
        assert 0 < payment.counted.amount < payment.order_amount
    elif fate.order:
        was_sent = at.state == "sent unpaid"
        assert (status, paid) == ("shipped" if was_sent else fate.order, order.total)
        assert units == [(1, 0, 0) if word == "returned" else (0, 0, 0) if was_sent else (1, 0, 1)] * 2
        assert payment.counted == payment.part
        assert order.is_paid_late == (at.state in {"overdue", "expired"})
        assert word != "late" or order.is_paid_late
    else:
        assert (status, payment_status, paid, units) == at.before
        assert not payment.counted_amount


def the_payment_is(at, payment, event, word):
    if word == "aside":
        assert payment.status == "needs_review"
    elif FATES[word].books:
        assert payment.status == "succeeded"
    else:
        assert payment.status == without_money(at, event)
    goes_back = {"back", "gone", "returned", "less"}
    assert (payment.refunded == payment.captured) == (word in goes_back or not payment.captured_amount)
    if word in {"back", "gone"}:
        assert OutboxMessage.objects.filter(event_type="payments.PaymentReturned").exists()  # the customer is told


def without_money(at, event):
    """What an attempt is that has brought nothing: given up with its order, ended, refused, or still open."""
    order = Order.objects.get(pk=at.order.pk)
    is_open = order.takes_money and order.status != "expired"
    if at.way.code in {"bank_transfer", "cash_on_pickup", "cash_on_delivery"}:
        return "failed"
    if at.way.code == "pago_movil" and event not in {"failure", "used"}:
        return "processing"  # staff look for it
    still = {"failure": "failed", "end": "cancelled"}.get(event, "pending")
    return still if is_open else "cancelled"  # a failed one may be tried again, so it is given up with its order


def staff_get(word):
    kinds = {"strange": "unknown_object"}.get(word, FATES[word].cases)
    return set(kinds.split())


def booked(at):
    """What the event has put into the books of its payment, beside fees, and sales that came to nothing."""
    kinds = Counter(at.books()) - at.booked_before
    return Counter({kind: count for kind, count in kinds.items() if kind not in {"fee", "unsold"}})


def money_in_the_books(payment, *kinds):
    """The money that reached or left the company, the bank or the till by entries of these kinds."""
    keys = "|".join(kinds)
    entries = LedgerEntry.objects.filter(account=Account.CLEARING, transaction__payment=payment)
    rows = entries.filter(transaction__key__regex=f"^({keys}):").values_list("currency").annotate(Sum("amount"))
    return [Money(amount, currency) for currency, amount in rows]
