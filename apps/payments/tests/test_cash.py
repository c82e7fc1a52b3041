"""Cash: when the order is fetched, and at the door, where the goods come before the money."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.db.models.functions import Now

from apps.common import audit
from apps.common.clock import database_now
from apps.common.money import Money
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.payments import services
from apps.payments.exceptions import ProviderNotOffered
from apps.payments.models import LedgerEntry, LedgerTransaction, Payment
from apps.payments.tests.paying import work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def till(settings):
    settings.CASH_ON_PICKUP_CURRENCIES = ["USD"]
    settings.CASH_ON_DELIVERY_CURRENCIES = ["USD"]
    settings.CASH_ON_DELIVERY_COUNTRIES = ["VE"]


@pytest.fixture
def at_the_door(buyer):
    """An order without a window whose money comes with the courier."""
    payment = services.open_payment(order=buyer.order(minutes=None), provider="cash_on_delivery")
    services.start_payment(payment_id=payment.pk)
    return Payment.objects.get(pk=payment.pk)


def confirm(payment, staff):
    return services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=payment.money)


def state(payment):
    order = Order.objects.get(pk=payment.order_id)
    return order.status, order.payment_status


def test_an_order_that_is_paid_at_the_door_is_confirmed_at_once_and_owed(at_the_door):
    assert state(at_the_door) == ("confirmed", "unpaid")
    assert at_the_door.status == "pending"
    assert LedgerTransaction.objects.get().description.endswith("was sold for 13.60 USD")
    work()  # hears of the confirmation, and must leave this attempt open
    assert Payment.objects.get().status == "pending"
    assert list(audit.run()) == []


def test_the_courier_brings_the_money_after_the_parcel_has_left(at_the_door, staff):
    order_services.ship_order(order_id=at_the_door.order_id, actor="shop")

    confirm(at_the_door, staff)
    work()

    assert state(at_the_door) == ("shipped", "paid")
    assert list(audit.run()) == []


def test_who_is_to_pay_at_the_door_may_pay_by_card_instead(at_the_door, buyer):
    card = services.new_attempt(order_id=at_the_door.order_id, provider="stripe")
    services.start_payment(payment_id=card.pk)
    buyer.approve(Payment.objects.get(pk=card.pk))
    services.settle_payment(payment_id=card.pk)
    work()

    assert state(at_the_door) == ("confirmed", "paid")
    assert Payment.objects.get(pk=at_the_door.pk).status == "cancelled"
    assert list(audit.run()) == []


def test_a_parcel_that_is_refused_at_the_door_ends_the_attempt(at_the_door):
    order_services.cancel_order(order_id=at_the_door.order_id, actor="staff:1")
    work()

    assert Payment.objects.get().status == "cancelled"
    owed = LedgerEntry.objects.values("account").annotate(sum=Sum("amount"))
    assert {one["account"]: one["sum"] for one in owed} == {"customer": 0, "sales": 0}
    Order.objects.update(updated_at=Now() - timedelta(minutes=6))
    assert list(audit.run()) == []


def test_the_audit_finds_a_debt_that_nobody_has_any_more(at_the_door):
    Order.objects.update(status="cancelled", updated_at=Now() - timedelta(minutes=6))

    assert "M6d" in {finding.invariant.code for finding in audit.run()}


def test_cash_at_the_till_pays_an_order_that_is_fetched(buyer, staff):
    payment = services.open_payment(order=buyer.order(is_pickup=True), provider="cash_on_pickup")
    services.start_payment(payment_id=payment.pk)

    assert confirm(payment, staff).counted == payment.part
    assert state(payment) == ("confirmed", "paid")


@pytest.mark.parametrize(("provider", "is_pickup"), [("cash_on_pickup", False), ("cash_on_delivery", True)])
def test_cash_is_taken_only_where_somebody_can_take_it(buyer, provider, is_pickup):
    with pytest.raises(ProviderNotOffered):
        services.open_payment(order=buyer.order(is_pickup=is_pickup), provider=provider)


def test_the_courier_takes_cash_only_in_his_countries(buyer, settings):
    settings.CASH_ON_DELIVERY_COUNTRIES = ["CO"]

    with pytest.raises(ProviderNotOffered, match="CO"):
        services.open_payment(order=buyer.order(), provider="cash_on_delivery")


def owed(order):
    entries = LedgerEntry.objects.filter(transaction__order=order, account="customer")
    return sum(entry.amount for entry in entries)


def test_an_order_that_was_to_be_paid_at_the_door_and_is_cancelled_is_owed_no_more(at_the_door):
    assert owed(at_the_door.order) == at_the_door.amount

    order_services.cancel_order(order_id=at_the_door.order_id, actor="customer")
    work()

    assert owed(at_the_door.order) == 0
    assert list(audit.run()) == []


def test_a_part_by_card_goes_back_when_the_rest_will_not_be_paid_at_the_door(at_the_door, buyer):
    card = services.new_attempt(order_id=at_the_door.order_id, provider="stripe", part=Money(Decimal(5), "USD"))
    services.start_payment(payment_id=card.pk)
    buyer.approve(Payment.objects.get(pk=card.pk))
    services.settle_payment(payment_id=card.pk)
    assert owed(at_the_door.order) == Decimal("8.60")

    order_services.cancel_order(order_id=at_the_door.order_id, actor="customer")
    work()

    assert owed(at_the_door.order) == 0
    assert state(at_the_door) == ("cancelled", "unpaid")
    assert list(audit.run()) == []


def test_a_part_that_is_given_back_is_owed_at_the_door_again(at_the_door, buyer):
    card = services.new_attempt(order_id=at_the_door.order_id, provider="stripe", part=Money(Decimal(5), "USD"))
    services.start_payment(payment_id=card.pk)
    buyer.approve(Payment.objects.get(pk=card.pk))
    services.settle_payment(payment_id=card.pk)

    services.request_refund(payment_id=card.pk, amount=None, reason="he wants to pay it in cash", actor="staff:1")
    work()

    assert owed(at_the_door.order) == at_the_door.amount
    assert state(at_the_door) == ("confirmed", "unpaid")
    assert list(audit.run()) == []


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_nothing_is_sold_at_the_door_of_an_order_that_has_come_to_nothing(buyer, end):
    order = buyer.order()
    payment = services.open_payment(order=order, provider="cash_on_delivery")
    if end == "cancelled":
        order_services.cancel_order(order_id=order.pk, actor="customer")
    else:
        Order.objects.update(payment_due_at=database_now() - timedelta(seconds=1))
        order_services.expire_due_orders()

    services.start_payment(payment_id=payment.pk)
    assert owed(order) == 0
    work()

    assert state(payment) == (end, "unpaid")
    assert Payment.objects.get().status == "cancelled"
    assert list(audit.run()) == []
