"""Transfers: what staff say of money is the truth, under their name."""

from decimal import Decimal

import pytest

from apps.accounts.models import User
from apps.common import audit
from apps.common.money import Money
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.payments import services
from apps.payments.exceptions import PaymentNotConfirmable, SecondPersonNeeded
from apps.payments.models import Case, LedgerTransaction, Payment
from apps.payments.tests.paying import order_of, work
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


def usd(amount):
    return Money(Decimal(amount), "USD")


@pytest.fixture
def transfer(buyer):
    return buyer.begin(provider="bank_transfer")


def confirm(payment, staff, amount="13.60"):
    return services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=usd(amount))


def test_money_that_staff_saw_pays_the_order(transfer, staff):
    confirmed = confirm(transfer, staff)

    assert (confirmed.status, confirmed.counted, confirmed.captured) == ("succeeded", usd("13.60"), usd("13.60"))
    assert order_of(transfer).status == "confirmed"
    assert confirmed.provider_answer["staff_id"] == staff.pk
    assert list(audit.run()) == []


def test_a_transfer_is_confirmed_once(transfer, staff):
    confirm(transfer, staff)

    with pytest.raises(PaymentNotConfirmable):
        confirm(transfer, staff)


def test_nobody_confirms_money_for_their_own_order(buyer, staff):
    payment = buyer.begin(buyer.order(customer_id=staff.pk), "bank_transfer")

    with pytest.raises(SecondPersonNeeded):
        confirm(payment, staff)

    assert Payment.objects.get().status == "pending"
    assert (order_of(payment).status, payment.cases.count(), LedgerTransaction.objects.count()) == ("pending", 0, 0)
    confirm(payment, User.objects.create_superuser("second@example.test", "a-long-password"))
    assert order_of(payment).status == "confirmed"


@pytest.mark.parametrize("amount", ["13.59", "14.00"])
def test_another_amount_is_set_aside(transfer, staff, amount):
    confirmed = confirm(transfer, staff, amount)

    assert (confirmed.status, confirmed.captured) == ("needs_review", usd(amount))
    assert [case.kind for case in transfer.cases.all()] == ["wrong_amount"]
    assert order_of(transfer).payment_status == "unpaid"
    assert list(audit.run()) == []


def test_a_slip_of_the_pen_is_mended(transfer, staff):
    confirm(transfer, staff, "1.36")

    mended = confirm(transfer, staff)

    case = transfer.cases.get()
    assert (mended.status, order_of(transfer).status) == ("succeeded", "confirmed")
    assert (case.resolved_by, case.resolution) == (staff, "The amount is 13.60 USD after all.")
    assert list(audit.run()) == []


def test_a_second_slip_is_refused(transfer, staff):
    confirm(transfer, staff, "1.36")

    with pytest.raises(PaymentNotConfirmable):
        confirm(transfer, staff, "1.37")


def test_a_transfer_that_comes_after_expiry_pays_while_the_units_are_free(transfer, staff):
    Order.objects.update(payment_due_at="2020-01-01T00:00Z")
    order_services.expire_due_orders()
    work()
    assert Payment.objects.get().status == "cancelled"

    confirmed = confirm(transfer, staff)

    assert (confirmed.status, order_of(transfer).status, order_of(transfer).is_paid_late) == (
        "succeeded",
        "confirmed",
        True,
    )
    assert list(audit.run()) == []


def test_a_transfer_whose_units_have_gone_is_to_be_sent_back_by_hand(transfer, staff):
    item = transfer.order.lines.get().variant.stock_items.get()
    Order.objects.update(payment_due_at="2020-01-01T00:00Z")
    order_services.expire_due_orders()
    place(item)

    confirm(transfer, staff)
    work()

    assert transfer.refunds.get().status == "pending"
    assert sorted(case.kind for case in Case.objects.all()) == ["refund_by_hand", "units_gone"]
    assert list(audit.run()) == []


def test_money_that_cannot_be_found_leaves_the_order_payable(transfer, staff):
    rejected = services.reject_manual_payment(payment_id=transfer.pk, staff_user=staff, reason="No such transfer")

    assert (rejected.status, rejected.failure_code, rejected.failure_message) == (
        "failed",
        "rejected_by_staff",
        "No such transfer",
    )
    again = services.new_attempt(order_id=transfer.order_id, provider="bank_transfer")
    assert again != transfer


def test_money_that_is_found_after_all_pays(transfer, staff):
    services.reject_manual_payment(payment_id=transfer.pk, staff_user=staff, reason="No such transfer")

    assert confirm(transfer, staff).counted == usd("13.60")


def test_what_is_decided_is_not_rejected(transfer, staff):
    confirm(transfer, staff)

    with pytest.raises(PaymentNotConfirmable):
        services.reject_manual_payment(payment_id=transfer.pk, staff_user=staff, reason="No")


def test_nobody_confirms_by_hand_what_a_provider_knows(buyer, staff):
    payment = buyer.begin()

    with pytest.raises(PaymentNotConfirmable):
        confirm(payment, staff)
    with pytest.raises(PaymentNotConfirmable):
        services.reject_manual_payment(payment_id=payment.pk, staff_user=staff, reason="No")

    assert Payment.objects.get().status == "pending"


def test_a_case_is_closed_once_under_a_name(transfer, staff):
    confirm(transfer, staff, "1.00")
    case = Case.objects.get()

    closed = [services.resolve_case(case_id=case.pk, staff_user=staff, resolution="Kept as credit") for _ in range(2)]

    case.refresh_from_db()
    assert closed == [True, False]
    assert (case.resolved_by, case.resolution) == (staff, "Kept as credit")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_five_confirmations_at_once_one_counts(transfer, staff):
    results = race(*[lambda: confirm(transfer, staff)] * 5)

    assert refusals(results, PaymentNotConfirmable) == 4
    assert order_of(transfer).status == "confirmed"
