"""Giving back of an order: by its lines or by an amount, to the cent, whatever it was paid with."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from apps.common import audit
from apps.common.money import Money
from apps.fx_rates.tests.factories import RateFactory
from apps.inventory.exceptions import StockChangeRefused
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import draft
from apps.payments import selectors, services
from apps.payments.exceptions import RefundLineNotFound, RefundRefused
from apps.payments.models import OrderRefund, Payment, Refund, RefundLine
from apps.payments.services import order_refunds
from apps.payments.tests.paying import order_of, work
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


def usd(amount):
    return Money(Decimal(amount), "USD")


def order_for(*lines, shipping="2.00", discount="0", **options):
    """An order whose lines are (units, price, tax), less a discount."""
    items = [StockItemFactory(on_hand=100) for _ in lines]
    plan = draft(*items, is_pickup=True, shipping=usd(shipping), **options)
    drafts = [
        replace(one, quantity=units, unit_price=usd(price), tax=usd(tax))
        for one, (units, price, tax) in zip(plan.lines, lines, strict=True)
    ]
    order, _ = order_services.place_order(draft=replace(plan, lines=drafts))
    cut = Decimal(discount)
    Order.objects.filter(pk=order.pk).update(discount_amount=cut, total_amount=F("total_amount") - cut)
    order.refresh_from_db()
    return order


@pytest.fixture
def pay(staff):
    """Bring a part of the order's price by hand, or all that is left of it; staff see it arrive."""

    def pay(order, part=None, provider="bank_transfer", currency=""):
        part = None if part is None else usd(part)
        payment = services.new_attempt(order_id=order.pk, provider=provider, part=part, currency=currency)
        services.start_payment(payment_id=payment.pk)
        return services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=payment.money)

    return pay


def give_back(order, units=(), **options):
    """Units as {line number: quantity}."""
    ids = list(order.lines.order_by("pk").values_list("public_id", flat=True))
    lines = [(ids[number], quantity) for number, quantity in dict(units).items()]
    return services.refund_order_lines(order_id=order.pk, lines=lines, reason="broken", actor="staff:1", **options)


def test_units_bring_back_their_price_with_its_tax(pay):
    order = order_for((3, "10.00", "4.80"), (1, "5.00", "0"))
    pay(order)

    decision = give_back(order, {0: 2, 1: 1})
    work()

    assert decision.money == usd("28.20")
    assert [(one.quantity, one.money) for one in decision.lines.order_by("pk")] == [(2, usd("23.20")), (1, usd("5.00"))]
    refund = Refund.objects.get()
    assert (refund.money, refund.order_refund, refund.actor) == (usd("28.20"), decision, "staff:1")
    assert [one.refundable_quantity for one in selectors.refundable_lines(order)] == [1, 0]
    assert selectors.refundable(order) == usd("13.60")
    assert list(audit.run()) == []


def test_the_last_unit_takes_the_rest(pay):
    order = order_for((3, "3.33", "1.00"))
    pay(order)

    given_back = [give_back(order, {0: 1}).money for _ in range(3)]

    assert given_back == [usd("3.66"), usd("3.67"), usd("3.66")]
    assert selectors.refundable(order) == usd("2.00")


def test_a_discount_is_shared_by_the_lines_to_the_cent(pay):
    order = order_for((1, "10.00", "0"), (1, "10.00", "0"), (1, "10.00", "0"), shipping="0", discount="10.00")
    pay(order)

    assert [one.paid for one in selectors.refundable_lines(order)] == [usd("6.67"), usd("6.66"), usd("6.67")]
    assert give_back(order, {0: 1, 1: 1, 2: 1}).money == usd("20.00")


def test_without_units_and_amount_all_that_is_left_goes_back(pay):
    order = order_for((2, "10.00", "0"))
    pay(order)
    give_back(order, amount=usd("5.50"))

    assert give_back(order).money == usd("16.50")
    with pytest.raises(RefundRefused):
        give_back(order)
    assert list(audit.run()) == []


@pytest.mark.parametrize(
    ("units", "amount"),
    [
        ({0: 3}, None),
        ({0: 0}, None),
        ({0: -1}, None),
        ({1: 1}, None),
        ({0: 1}, usd("1.00")),
        ({}, usd("22.01")),
        ({}, usd("0")),
        ({}, usd("-1")),
        ({}, usd("1.001")),
        ({}, Money(Decimal(1), "EUR")),
    ],
    ids=str,
)
def test_what_cannot_go_back_is_refused_and_changes_nothing(pay, units, amount):
    order = order_for((2, "10.00", "0"), (1, "0.00", "0"))
    pay(order)

    with pytest.raises(RefundRefused):
        give_back(order, units, amount=amount)

    assert not OrderRefund.objects.exists()
    assert Payment.objects.get().refunded_amount == 0


def test_a_line_that_is_named_twice_is_refused(pay):
    order = order_for((2, "10.00", "0"))
    pay(order)
    line = order.lines.get().public_id

    with pytest.raises(RefundRefused, match="once"):
        services.refund_order_lines(order_id=order.pk, lines=[(line, 1), (line, 1)], reason="x", actor="staff:1")


def test_another_orders_line_is_not_found(pay):
    order, other = order_for((1, "10.00", "0")), order_for((1, "10.00", "0"))
    pay(order)

    for line in (other.lines.get().public_id, uuid4()):
        with pytest.raises(RefundLineNotFound):
            services.refund_order_lines(order_id=order.pk, lines=[(line, 1)], reason="x", actor="staff:1")


def test_units_do_not_bring_back_what_an_amount_took_before(pay):
    order = order_for((2, "10.00", "0"))
    pay(order)
    give_back(order, amount=usd("15.00"))

    with pytest.raises(RefundRefused, match=r"7\.00 USD are left"):
        give_back(order, {0: 1})


def test_an_order_that_waits_for_the_rest_of_its_money_gives_nothing_back(pay):
    order = order_for((1, "10.00", "0"))
    pay(order, "5.00")

    with pytest.raises(RefundRefused, match="waits"):
        give_back(order, amount=usd("1.00"))


def test_units_whose_refund_failed_can_be_given_back_again(buyer):
    payment = buyer.begin()
    charge = buyer.approve(payment)["latest_charge"]
    services.settle_payment(payment_id=payment.pk)
    give_back(payment.order, {0: 1})
    buyer.stripe.control("POST", f"/stripe/charges/{charge}/dispute", {"reason": "fraudulent"})
    work()
    assert Refund.objects.get().status == "failed"

    assert [one.refundable_quantity for one in selectors.refundable_lines(payment.order)] == [1]
    assert give_back(payment.order, {0: 1}).money == usd("11.60")


def test_a_refund_by_lines_arrives_at_the_provider_and_on_the_order(buyer):
    payment = buyer.paid()

    give_back(payment.order, {0: 1})
    work()

    assert Refund.objects.get().status == "succeeded"
    assert (order_of(payment).payment_status, order_of(payment).refunded) == ("partially_refunded", usd("11.60"))
    assert list(audit.run()) == []


class TestAnOrderPaidInTwoCurrencies:
    @pytest.fixture
    def order(self, pay, settings):
        """22.00 USD, of which 10.00 came by transfer and the rest in bolívares at the counter."""
        settings.CASH_ON_PICKUP_CURRENCIES = ["VES"]
        RateFactory()
        order = order_for((2, "10.00", "0"))
        pay(order, "10.00")
        pay(order, provider="cash_on_pickup", currency="VES")
        return order

    def given_back(self):
        return list(Refund.objects.order_by("pk").values_list("currency", "amount", "order_amount"))

    def test_gives_the_latest_payment_back_first_at_its_own_rate(self, order):
        give_back(order, {0: 1})
        give_back(order, amount=usd("4.01"))

        assert self.given_back() == [
            ("VES", Decimal("7846.63"), Decimal("10.00")),
            ("VES", Decimal("1569.33"), Decimal("2.00")),
            ("USD", Decimal("2.01"), Decimal("2.01")),
        ]
        assert Payment.objects.get(provider="cash_on_pickup").refundable.amount == 0
        assert list(audit.run()) == []

    def test_gives_back_all_of_both(self, order):
        decision = give_back(order)

        assert decision.money == usd("22.00")
        assert [payment.refundable.amount for payment in Payment.objects.all()] == [0, 0]
        assert list(audit.run()) == []

    def test_gives_back_cent_by_cent_without_losing_a_coin(self, order):
        for amount in ("0.01", "0.02", "0.03", "3.33", "8.60"):
            give_back(order, amount=usd(amount))
        give_back(order)

        assert [payment.refundable.amount for payment in Payment.objects.all()] == [0, 0]
        assert sum(amount for _, _, amount in self.given_back()) == 22
        assert list(audit.run()) == []


class TestUnitsThatComeBack:
    @pytest.fixture
    def order(self, pay):
        order = order_for((3, "10.00", "0"))
        pay(order)
        return order

    def test_are_on_the_shelf_again(self, order, staff):
        order_services.ship_order(order_id=order.pk, actor="staff:1")
        item = StockItem.objects.get()

        decision = give_back(order, {0: 2}, restock=True, actor_id=staff.pk)

        assert decision.is_restocked
        assert StockItem.objects.get().on_hand == item.on_hand + 2 == 99
        movement = item.movements.latest("pk")
        assert (movement.delta, movement.reason, movement.actor) == (2, "return", staff)
        assert list(audit.run()) == []

    def test_are_refused_while_they_were_never_sent(self, order):
        with pytest.raises(StockChangeRefused):
            give_back(order, {0: 1}, restock=True)

        assert not Refund.objects.exists()
        assert StockItem.objects.get().on_hand == 100


LINES = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.decimals("0.01", "99.99", places=2),
        st.decimals("0", "9.99", places=2),
    ),
    min_size=1,
    max_size=3,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("units"), st.integers(0, 2), st.integers(1, 5)),
        st.tuples(st.just("amount"), st.decimals("0.01", "60", places=2), st.none()),
    ),
    max_size=8,
)


@examples(
    max_examples=15,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lines=LINES, steps=STEPS, percent=st.integers(0, 100), part=st.integers(1, 99))
def test_whatever_is_given_back_sums_to_what_was_paid(pay, bolivares, lines, steps, percent, part):
    subtotal = sum(units * price for units, price, _ in lines)
    order = order_for(*lines, discount=(subtotal * percent / 100).quantize(Decimal("0.01")))
    first = (order.total.amount * part / 100).quantize(Decimal("0.01"))
    if 0 < first < order.total.amount:
        pay(order, first)
    pay(order, provider="cash_on_pickup", currency="VES")
    given_back = []

    for kind, what, quantity in steps:
        with transaction.atomic():
            try:
                step = {"units": {what % len(lines): quantity}} if kind == "units" else {"amount": usd(what)}
                given_back.append(give_back(order, **step).money.amount)
            except RefundRefused:
                continue
    lines_now, left = selectors.refundable_lines(order), selectors.refundable(order)
    if left.amount:
        given_back.append(give_back(order).money.amount)

    assert sum(given_back) == order.total.amount
    assert all(one.refundable.amount >= 0 and one.refundable_quantity >= 0 for one in lines_now)
    assert all(one.refundable.amount == 0 for one in lines_now if one.refundable_quantity == 0)
    assert sum((one.paid for one in lines_now), order.shipping) == order.total
    assert not any(payment.refundable.amount for payment in order.payments.all())
    assert list(audit.run()) == []


@pytest.fixture
def bolivares(settings):
    settings.CASH_ON_PICKUP_CURRENCIES = ["VES"]
    RateFactory()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_ten_full_refunds_at_once_one_is_given(pay):
    order = order_for((3, "10.00", "0"))
    pay(order)

    results = race(*[lambda: give_back(order)] * 10)

    assert refusals(results, RefundRefused) == 9
    assert Refund.objects.get().money == order.total
    assert list(audit.run()) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_units_are_given_back_once_however_many_ask(pay):
    order = order_for((3, "10.00", "0"))
    pay(order)

    results = race(*[lambda: give_back(order, {0: 2})] * 8)

    assert refusals(results, RefundRefused) == 7
    assert RefundLine.objects.aggregate(units=Sum("quantity"))["units"] == 2


@pytest.mark.django_db(transaction=True)
def test_without_the_locks_they_would_be_given_back_again_and_again(pay):
    """The twin: the same rule, but nobody waits for anybody. If this cannot fail, the tests above prove nothing."""
    order = order_for((3, "10.00", "0"))
    pay(order)
    line = order.lines.get()

    def give_back_without_the_locks():
        with transaction.atomic():
            [seen] = selectors.refundable_lines(order)
            if seen.refundable_quantity >= 2:
                units = [order_refunds.UnitsBack(seen, 2, given_up=0, sent=0, worth=seen.worth_of(2))]
                decision = order_refunds._decide(
                    order, seen.worth_of(2), units, reason="twin", actor="staff:1", is_restocked=False
                )
                payment = Payment.objects.get(order=order)
                Refund.objects.create(payment=payment, order_refund=decision, amount=20, currency="USD", actor="x")

    race(*[give_back_without_the_locks] * 8)

    assert RefundLine.objects.filter(order_line=line).aggregate(units=Sum("quantity"))["units"] > 3
    assert {"M1d"} <= {finding.invariant.code for finding in audit.run()}
