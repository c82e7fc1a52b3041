"""An order that is paid in parts: what is left, what is too much, and what comes too late."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.common import audit
from apps.common.clock import database_now
from apps.common.money import Money
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.payments import services
from apps.payments.exceptions import OrderNotPayable, PartTooLarge, RefundRefused
from apps.payments.models import Case, Payment, Refund
from apps.payments.tests.paying import order_of, work
from tests.racing import race

pytestmark = pytest.mark.django_db


def usd(amount):
    return Money(Decimal(amount), "USD")


def begin(order, provider="stripe", part=None):
    payment = services.new_attempt(order_id=order.pk, provider=provider, part=part and usd(part))
    services.start_payment(payment_id=payment.pk)
    return Payment.objects.get(pk=payment.pk)


@pytest.fixture
def by_card(buyer):
    """Pay this much of the order with a card, to the end."""

    def pay(order, part=None):
        payment = begin(order, part=part)
        buyer.approve(payment)
        return services.settle_payment(payment_id=payment.pk)

    return pay


@pytest.fixture
def by_transfer(staff):
    """Send this much of the order by transfer, and let staff see `arrives` of it."""

    def pay(order, part=None, arrives=None, **options):
        payment = begin(order, "bank_transfer", part)
        amount = payment.money if arrives is None else usd(arrives)
        return services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=amount, **options)

    return pay


def now_of(order):
    order = Order.objects.get(pk=order.pk)
    return order.status, order.payment_status, order.paid, order.balance


def test_parts_add_up_to_the_cent_and_the_last_one_confirms(buyer, by_card, by_transfer):
    order = buyer.order()

    by_card(order, "5.00")
    assert now_of(order) == ("pending", "partially_paid", usd("5.00"), usd("8.60"))
    by_transfer(order, "8.59")
    assert now_of(order) == ("pending", "partially_paid", usd("13.59"), usd("0.01"))
    by_transfer(order)

    assert now_of(order) == ("confirmed", "paid", usd("13.60"), usd("0.00"))
    assert list(audit.run()) == []


def test_the_rest_is_what_a_new_attempt_asks_for(buyer, by_card):
    order = buyer.order()
    by_card(order, "5.00")

    assert begin(order, "bank_transfer").money == usd("8.60")


def test_attempts_that_fit_beside_each_other_stay_open_and_others_are_given_up(buyer):
    order = buyer.order()
    card, transfer = begin(order, part="8.00"), begin(order, "bank_transfer", "5.60")

    assert [one.status for one in Payment.objects.order_by("pk")] == ["pending", "pending"]
    whole = begin(order, "bank_transfer")

    statuses = {one.pk: one.status for one in Payment.objects.all()}
    assert statuses == {card.pk: "cancelled", transfer.pk: "cancelled", whole.pk: "pending"}


@pytest.mark.parametrize("part", ["13.61", "0.00", "5.001"])
def test_a_part_is_more_than_nothing_and_at_most_what_is_left(buyer, part):
    with pytest.raises(PartTooLarge):
        begin(buyer.order(), part=part)
    assert not Payment.objects.exists()


def test_what_two_attempts_bring_too_much_goes_back_and_nothing_else(buyer, by_transfer):
    order = buyer.order()
    card = begin(order, part="10.00")
    by_transfer(order, "5.00")  # gives the card up, for it no longer fits
    buyer.approve(card)

    services.settle_payment(payment_id=card.pk)

    card.refresh_from_db()
    assert (card.counted, card.captured, card.refunded) == (usd("8.60"), usd("10.00"), usd("1.40"))
    assert now_of(order)[:2] == ("confirmed", "paid")
    work()
    assert [(one.money, one.status, one.is_excess) for one in Refund.objects.all()] == [
        (usd("1.40"), "succeeded", True)
    ]
    assert Order.objects.get(pk=order.pk).refunded == usd(0)
    assert list(audit.run()) == []


def test_a_part_gives_time_for_the_rest(buyer, by_card):
    order = buyer.order(minutes=1)
    by_card(order, "5.00")

    assert Order.objects.get(pk=order.pk).payment_due_at > database_now() + timedelta(minutes=14)


def test_the_parts_of_an_order_that_expires_go_back(buyer, by_card):
    order = buyer.order()
    by_card(order, "5.00")
    Order.objects.update(payment_due_at=database_now() - timedelta(seconds=1))

    order_services.expire_due_orders()
    work()

    assert now_of(order) == ("expired", "unpaid", usd(0), usd("13.60"))
    assert [(one.money, one.status) for one in Refund.objects.all()] == [(usd("5.00"), "succeeded")]
    assert list(audit.run()) == []


def test_the_parts_of_an_order_that_is_cancelled_go_back(buyer, by_card):
    order = buyer.order()
    by_card(order, "5.00")

    order_services.cancel_order(order_id=order.pk, actor="customer")
    work()

    assert now_of(order)[:3] == ("cancelled", "unpaid", usd(0))
    assert [one.money for one in Refund.objects.all()] == [usd("5.00")]
    assert list(audit.run()) == []


def test_a_part_that_comes_after_expiry_goes_back_but_the_whole_still_pays(buyer):
    part_of, whole_of = buyer.order(), buyer.order()
    part, whole = begin(part_of, part="5.00"), begin(whole_of)
    Order.objects.update(payment_due_at=database_now() - timedelta(seconds=1))
    order_services.expire_due_orders()
    buyer.approve(part)
    buyer.approve(whole)

    for payment in (part, whole):
        services.settle_payment(payment_id=payment.pk)
    work()

    part.refresh_from_db()
    assert (part.counted, part.refunded) == (usd(0), usd("5.00"))
    assert now_of(part_of)[0] == "expired"
    assert now_of(whole_of)[:2] == ("confirmed", "paid")
    assert list(audit.run()) == []


def test_a_short_transfer_that_staff_accept_leaves_a_balance(buyer, by_transfer):
    order = buyer.order()

    payment = by_transfer(order, arrives="10.00", accept_difference=True)

    assert (payment.status, payment.counted, payment.captured) == ("succeeded", usd("10.00"), usd("10.00"))
    assert now_of(order) == ("pending", "partially_paid", usd("10.00"), usd("3.60"))
    assert list(audit.run()) == []


def test_a_transfer_of_too_much_that_staff_accept_pays_and_the_excess_is_sent_back_by_hand(buyer, by_transfer):
    order = buyer.order()

    payment = by_transfer(order, arrives="20.00", accept_difference=True)
    work()

    payment.refresh_from_db()
    assert (payment.counted, payment.captured, payment.refunded) == (usd("13.60"), usd("20.00"), usd("6.40"))
    assert now_of(order)[:2] == ("confirmed", "paid")
    assert [case.kind for case in Case.objects.filter(resolved_at=None)] == ["refund_by_hand"]
    assert list(audit.run()) == []


def test_money_that_was_set_aside_counts_once_staff_accept_it(buyer, by_transfer, staff):
    order = buyer.order()
    payment = by_transfer(order, arrives="10.00")
    assert payment.status == "needs_review"

    services.accept_set_aside(payment_id=payment.pk, staff_user=staff)

    assert now_of(order) == ("pending", "partially_paid", usd("10.00"), usd("3.60"))
    assert not Case.objects.filter(resolved_at=None).exists()
    assert list(audit.run()) == []


def test_nothing_is_given_back_of_a_part_while_the_order_still_waits(buyer, by_card):
    payment = by_card(buyer.order(), "5.00")

    with pytest.raises(RefundRefused):
        services.request_refund(payment_id=payment.pk, amount=usd("1.00"), reason="sorry", actor="staff:1")


def test_a_paid_order_takes_no_further_attempt(buyer, by_card):
    order = buyer.order()
    by_card(order)

    with pytest.raises(OrderNotPayable):
        begin(order, "bank_transfer")


def test_refunds_of_a_payment_with_an_excess_take_back_all_that_counted(buyer, by_transfer, staff):
    order = buyer.order()
    payment = by_transfer(order, arrives="20.00", accept_difference=True)
    for amount in ("3.33", "3.33", "6.94"):
        refund = services.request_refund(payment_id=payment.pk, amount=usd(amount), reason="broken", actor="staff:1")
        services.execute_refund(refund_id=refund.pk)
        services.confirm_manual_refund(refund_id=refund.pk, staff_user=staff, bank_reference=f"R{refund.pk}")

    assert Order.objects.get(pk=order.pk).refunded == usd("13.60")
    assert order_of(payment).status == "refunded"
    assert list(audit.run()) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_wholes_that_arrive_at_once_one_counts_and_one_goes_back(buyer, staff):
    for _ in range(4):
        order = buyer.order()
        card = begin(order)
        buyer.approve(card)
        transfer = Payment.objects.create(
            order=order,
            provider="bank_transfer",
            reference=f"T-{order.pk}",
            status="pending",
            amount=order.total_amount,
            currency="USD",
            order_amount=order.total_amount,
            order_currency="USD",
        )
        race(
            lambda card=card: services.settle_payment(payment_id=card.pk),
            lambda transfer=transfer: services.confirm_manual_payment(
                payment_id=transfer.pk, staff_user=staff, amount=transfer.money
            ),
        )
        counted = sorted(Payment.objects.filter(order=order).values_list("counted_amount", flat=True))
        assert counted == [0, order.total_amount]
    work()
    assert list(audit.run()) == []


@pytest.mark.parametrize(("back", "left"), [("2.00", "3.00"), ("5.00", "0.00")])
def test_what_is_given_back_of_a_part_in_the_panel_is_to_be_paid_again(buyer, by_card, by_transfer, back, left):
    order = buyer.order()
    payment = by_card(order, "5.00")

    buyer.refund_in_the_panel(payment, usd(back).to_minor_units())
    services.settle_payment(payment_id=payment.pk)

    payment.refresh_from_db()
    assert (payment.counted, payment.refunded) == (usd(left), usd(back))
    assert now_of(order)[2:] == (usd(left), usd("13.60") - usd(left))
    assert list(audit.run()) == []
    by_transfer(order)
    assert now_of(order)[:2] == ("confirmed", "paid")
    assert list(audit.run()) == []


def test_a_part_whose_refund_was_under_way_when_the_order_expired_leaves_nothing_behind(buyer, by_card):
    order = buyer.order()
    payment = by_card(order, "5.00")
    buyer.refund_in_the_panel(payment, 200)
    Order.objects.update(payment_due_at=database_now() - timedelta(seconds=1))

    order_services.expire_due_orders()
    services.settle_payment(payment_id=payment.pk)
    work()

    assert now_of(order) == ("expired", "unpaid", usd(0), usd("13.60"))
    assert sorted(one.amount for one in Refund.objects.all()) == [2, 3]
    assert list(audit.run()) == []
