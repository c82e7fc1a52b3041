"""Table D4 of the design, cell by cell: what becomes of money, by the state of its order and by what is told of it.

| word     | the order               | the money                                     | the units     |
| -------- | ----------------------- | --------------------------------------------- | ------------- |
| pays     | confirmed               | counts                                        | sold          |
| late     | confirmed, paid late    | counts                                        | sold          |
| back     | stays as it is          | goes back whole                               | as they were  |
| gone     | stays as it is          | goes back whole, and staff get a case         | as they were  |
| aside    | stays as it is          | waits for staff, who get a case               | as they were  |
| nothing  | stays as it is          | has not come                                  | as they were  |
| returned | refunded                | counted, and had gone back                    | free          |
| in part  | confirmed               | counted, and had gone back; other money stays | sold          |
| disputed | confirmed               | counts, a bank wants it, staff get a case     | sold          |
| taken    | stays as it is          | cannot go back, a bank has it; staff know     | as they were  |
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now

from apps.common.money import Money
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.payments import providers, services
from apps.payments.exceptions import PaymentNotConfirmable
from apps.payments.models import Case, LedgerTransaction, Payment
from apps.payments.providers import ProviderStatus
from tests.money import checks
from tests.money.company import Company

pytestmark = pytest.mark.django_db

TABLE = """
              | success | short | excess | currency | failure | cancelled | refund   | dispute  | twice
in window     | pays    | aside | aside  | aside    | nothing | nothing   | returned | disputed | pays
overdue       | late    | aside | aside  | aside    | nothing | nothing   | returned | disputed | late
expired       | late    | aside | aside  | aside    | nothing | nothing   | returned | disputed | late
units gone    | gone    | aside | aside  | aside    | nothing | nothing   | gone     | taken    | gone
ordered again | back    | aside | aside  | aside    | nothing | nothing   | back     | taken    | back
cancelled     | back    | aside | aside  | aside    | nothing | nothing   | back     | taken    | back
paid already  | back    | aside | aside  | aside    | nothing | nothing   | back     | taken    | back
partly paid   | pays    | aside | aside  | aside    | nothing | nothing   | in part  | disputed | pays
sent          | back    | aside | aside  | aside    | nothing | nothing   | back     | taken    | back
"""
AT_THE_DOOR = """
              | success | short | excess | currency | failure | twice
to be paid    | pays    | aside | aside  | aside    | nothing | pays
sent unpaid   | pays    | aside | aside  | aside    | nothing | pays
cancelled     | back    | aside | aside  | aside    | nothing | back
paid already  | back    | aside | aside  | aside    | nothing | back
"""
ONLINE = ["online"]  # whichever: what the adapters make of their companies' words is proved at the wire
CASES = {"gone": {"units_gone"}, "aside": {"wrong_amount"}, "disputed": {"disputed"}}
COUNTS = {"pays", "late", "returned", "in part", "disputed"}
GOES_BACK = {"back", "gone", "returned", "in part"}
BY_HAND_ONLY_STAFF_KNOW = ("cancelled", "refund", "dispute")


def cells(table, ways):
    header, *rows = [[cell.strip() for cell in line.split("|")] for line in table.strip("\n").splitlines()]
    return [
        pytest.param(state, event, word, provider, id=f"{state} - {event} - {provider}")
        for state, *words in rows
        for event, word in zip(header[1:], words, strict=True)
        for provider in ways
        if provider in ONLINE or event not in BY_HAND_ONLY_STAFF_KNOW
    ]


class Situation:
    """One article with one unit, one order for it, and the attempt to pay that the event will be about."""

    def __init__(self, provider, staff):
        self.provider, self.staff = provider, staff
        self.item = StockItemFactory(on_hand=1)
        self.order = place(self.item)

    def begin(self, provider, part=None):
        payment = services.new_attempt(order_id=self.order.pk, provider=provider, part=part)
        services.start_payment(payment_id=payment.pk)
        return Payment.objects.get(pk=payment.pk)

    def bring_about(self, state):
        if state == "partly paid":
            self.pay(self.begin("another", Money(Decimal(5), "USD")))
        other = self.begin("another", Money(Decimal("0.01"), "USD")) if state in {"paid already", "sent"} else None
        self.payment = self.begin(self.provider)
        if other:
            whole = Payment.objects.get(pk=other.pk)
            Payment.objects.filter(pk=whole.pk).update(
                amount=self.order.total_amount, order_amount=self.order.total_amount, status="pending"
            )
            self.company("another").charges[whole.provider_reference].will_bring = self.order.total
            self.pay(whole)
        if state in {"overdue", "expired", "units gone", "ordered again"}:
            Order.objects.update(payment_due_at=Now() - timedelta(seconds=1))
        if state in {"expired", "units gone", "ordered again"}:
            order_services.expire_due_orders()
        if state == "units gone":
            place(self.item)
        if state == "ordered again":
            StockItem.objects.update(on_hand=2)
            self.item.movements.create(delta=1, reason="receipt")
            place(self.item, cart_id=self.order.cart_id)
        if state == "cancelled":
            order_services.cancel_order(order_id=self.order.pk, actor="customer")
        if state in {"sent", "sent unpaid"}:
            order_services.ship_order(order_id=self.order.pk, actor="staff:1")

    def company(self, code):
        return providers.get_online_provider(code)

    def pay(self, payment):
        company = self.company(payment.provider)
        company.take(company.charges[payment.provider_reference])
        services.settle_payment(payment_id=payment.pk)

    def happens(self, event):
        tell = self.at_the_company if self.provider in ONLINE else self.at_the_bank
        tell(event, self.payment.money)

    def at_the_company(self, event, asked):
        company = self.company(self.provider)
        charge = company.charges[self.payment.provider_reference]
        charge.will_bring = sums(event, asked)
        if event in {"failure", "cancelled"}:
            charge.status = ProviderStatus.FAILED if event == "failure" else ProviderStatus.CANCELLED
        else:
            company.take(charge)
        if event == "refund":
            company.give_back(charge, charge.captured)
        if event == "dispute":
            company.dispute(charge)
        for _ in range(2 if event == "twice" else 1):
            services.settle_payment(payment_id=self.payment.pk)

    def at_the_bank(self, event, asked):
        about = {"payment_id": self.payment.pk, "staff_user": self.staff}
        if event == "failure":
            services.reject_manual_payment(**about, reason="nothing came")
            return
        services.confirm_manual_payment(**about, amount=sums(event, asked))
        if event == "twice":
            with pytest.raises(PaymentNotConfirmable):
                services.confirm_manual_payment(**about, amount=asked)

    def looks(self):
        order, item = Order.objects.get(pk=self.order.pk), StockItem.objects.get(pk=self.item.pk)
        return order.status, order.payment_status, order.paid, (item.on_hand, item.reserved, item.committed)


def is_not_given_up(payment):
    """A company leaves a failed attempt open to another try, so it is given up with its order; staff close theirs."""
    order = Order.objects.get(pk=payment.order_id)
    return payment.provider not in ONLINE or (order.takes_money and order.status != "expired")


def sums(event, asked):
    return {
        "short": Money(asked.amount - 1, asked.currency),
        "excess": Money(asked.amount + 1, asked.currency),
        "currency": Money(asked.amount, "EUR"),
    }.get(event, asked)


@pytest.fixture
def situation(staff, settings, monkeypatch):
    settings.CASH_ON_DELIVERY_CURRENCIES = ["USD"]
    settings.CASH_ON_DELIVERY_COUNTRIES = ["VE"]
    for code in [*ONLINE, "another"]:
        company = Company(code, asks_to_capture=False, refunds_take_time=False)
        monkeypatch.setitem(providers._BUILDERS, code, lambda company=company: company)
    return lambda provider: Situation(provider, staff)


@pytest.mark.parametrize(
    ("state", "event", "word", "provider"),
    cells(TABLE, [*ONLINE, "bank_transfer"]) + cells(AT_THE_DOOR, ["cash_on_delivery"]),
)
def test_what_becomes_of_money(situation, state, event, word, provider):
    at = situation(provider)
    at.bring_about(state)
    before = at.looks()

    at.happens(event)
    checks.nothing_is_false()
    checks.let_the_outbox_finish()
    checks.nothing_is_false()

    payment = Payment.objects.get(pk=at.payment.pk)
    status, payment_status, paid, units = at.looks()
    if word not in COUNTS:
        assert (status, payment_status, paid, units) == before
    else:
        sent_unpaid = state == "sent unpaid"
        ends_as = {"returned": "refunded"}.get(word, "shipped" if sent_unpaid else "confirmed")
        free = (1, 0, 0) if word == "returned" else (0, 0, 0) if sent_unpaid else (1, 0, 1)
        assert (status, paid, units) == (ends_as, at.order.total, free)
        assert payment.counted == payment.part
        assert Order.objects.get(pk=at.order.pk).is_paid_late == (word == "late" or state in {"overdue", "expired"})
    assert payment.status == {
        "aside": "needs_review",
        "nothing": "failed" if event == "failure" and is_not_given_up(payment) else "cancelled",
    }.get(word, "succeeded")
    assert (payment.refunded == payment.captured) == (word in GOES_BACK or payment.captured.amount == 0)
    assert CASES.get(word, set()) <= set(payment.cases.values_list("kind", flat=True))
    assert LedgerTransaction.objects.filter(payment=payment).filter(key__regex="^(capture|suspense):").exists() == (
        word != "nothing"
    )
    if word == "taken":
        assert set(payment.cases.values_list("kind", flat=True)) >= {"disputed", "refund_failed"}


@pytest.mark.parametrize("state", ["expired", "units gone", "cancelled", "paid already", "sent"])
def test_money_that_nobody_could_use_is_not_even_taken_where_the_shop_takes_it(situation, state):
    at = situation("online")
    at.bring_about(state)
    company = at.company("online")
    company.charges[at.payment.provider_reference].status = ProviderStatus.AUTHORISED

    services.settle_payment(payment_id=at.payment.pk)
    checks.let_the_outbox_finish()

    assert company.charges[at.payment.provider_reference].captured.amount == 0
    assert not Case.objects.exists()
    checks.nothing_is_false()
