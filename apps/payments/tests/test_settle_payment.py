"""Table D4: what becomes of genuine money."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models.functions import Now

from apps.common import audit
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.outbox.models import OutboxMessage
from apps.payments import services
from apps.payments.models import Case, Payment, Refund, WebhookEvent
from apps.payments.providers import get_provider
from apps.payments.services.judging import apply_truth
from apps.payments.tests.paying import order_of, work
from tests.money import checks
from tests.racing import race

pytestmark = pytest.mark.django_db

TOTAL = Decimal("13.60")


def let_the_window_end(order):
    Order.objects.filter(pk=order.pk).update(payment_due_at=Now() - timedelta(minutes=1))


def expire(order):
    let_the_window_end(order)
    order_services.expire_due_orders()


def expire_and_sell_to_another(order):
    expire(order)
    place(StockItem.objects.get(variant=order.lines.get().variant))


def expire_and_order_the_cart_again(order):
    expire(order)
    place(StockItemFactory(), cart_id=order.cart_id)


def cancel(order):
    order_services.cancel_order(order_id=order.pk, actor="customer")


def told(event):
    return list(OutboxMessage.objects.filter(event_type=f"payments.{event}").values_list("payload__reason", flat=True))


@pytest.mark.parametrize("by", ["webhook", "return page"])
@pytest.mark.parametrize(("fate", "is_late"), [(lambda order: None, False), (let_the_window_end, True), (expire, True)])
def test_money_pays_an_order_that_can_still_have_its_units(buyer, webhooks, by, fate, is_late):
    payment = buyer.begin()
    fate(payment.order)
    buyer.approve(payment)

    if by == "webhook":
        webhooks()
        work()
    else:
        services.settle_payment(payment_id=payment.pk)
    work()

    payment.refresh_from_db()
    order = order_of(payment)
    assert (payment.status, payment.counted_amount, payment.captured_amount) == ("succeeded", TOTAL, TOTAL)
    assert (order.status, order.payment_status, order.is_paid_late) == ("confirmed", "paid", is_late)
    assert not Refund.objects.exists()
    assert list(audit.run()) == []


@pytest.mark.parametrize(
    ("fate", "reason", "cases", "status"),
    [
        (expire_and_sell_to_another, "units_gone", ["units_gone"], "expired"),
        (expire_and_order_the_cart_again, "ordered_again", [], "expired"),
        (cancel, "order_cancelled", [], "cancelled"),
    ],
)
def test_money_that_an_order_cannot_take_goes_back_whole(buyer, fate, reason, cases, status):
    payment = buyer.begin()
    fate(payment.order)
    buyer.approve(payment)

    services.settle_payment(payment_id=payment.pk)
    work()

    payment.refresh_from_db()
    assert (payment.status, payment.counted_amount, payment.refunded_amount) == ("succeeded", 0, TOTAL)
    assert list(payment.refunds.values_list("status", "amount", "reason", "actor")) == [
        ("succeeded", TOTAL, reason, "shop")
    ]
    assert list(Case.objects.values_list("kind", flat=True)) == cases
    assert told("PaymentReturned") == [reason]
    assert (order_of(payment).status, order_of(payment).payment_status) == (status, "unpaid")
    assert list(audit.run()) == []


def test_a_second_payment_of_a_paid_order_goes_back_whole(buyer):
    order = buyer.order()
    first = buyer.begin(order)
    Payment.objects.filter(pk=first.pk).update(status="cancelled")
    second = buyer.begin(order)
    buyer.approve(first)
    buyer.approve(second)

    services.settle_payment(payment_id=second.pk)
    services.settle_payment(payment_id=first.pk)
    work()

    first.refresh_from_db()
    assert (first.status, first.counted_amount, first.refunded_amount) == ("succeeded", 0, TOTAL)
    assert Payment.objects.get(pk=second.pk).refunded_amount == 0
    assert told("PaymentReturned") == ["already_paid"]
    assert order_of(first).payment_status == "paid"
    assert list(audit.run()) == []


@pytest.mark.parametrize(
    ("change", "captured"),
    [
        ({"amount_received": 1}, Decimal("0.01")),
        ({"amount_received": 9999}, Decimal("99.99")),
        ({"currency": "eur"}, 0),
    ],
)
def test_another_amount_or_currency_pays_nothing_and_is_put_before_staff(buyer, change, captured):
    payment = buyer.begin()
    buyer.approve(payment)
    buyer.intent(payment, **change)

    for _ in range(2):
        services.settle_payment(payment_id=payment.pk)
    work()

    payment.refresh_from_db()
    assert (payment.status, payment.counted_amount, payment.captured_amount) == ("needs_review", 0, captured)
    assert [case.kind for case in payment.cases.all()] == ["wrong_amount"]
    assert (order_of(payment).status, order_of(payment).payment_status) == ("pending", "unpaid")
    assert not Refund.objects.exists()
    assert list(audit.run()) == []


def test_an_amount_that_changes_after_the_judgement_is_put_before_staff_once(buyer):
    payment = buyer.paid()
    buyer.intent(payment, amount_received=900)

    for _ in range(2):
        services.settle_payment(payment_id=payment.pk)

    assert [case.kind for case in payment.cases.all()] == ["wrong_amount"]
    assert Payment.objects.get(pk=payment.pk).captured_amount == TOTAL


def test_a_declined_try_leaves_the_order_payable_and_the_next_one_pays_it(buyer):
    payment = buyer.begin()
    buyer.decline(payment)
    declined = services.settle_payment(payment_id=payment.pk)
    assert (declined.status, declined.failure_code) == ("failed", "generic_decline")
    assert order_of(payment).status == "pending"
    assert OutboxMessage.objects.filter(event_type="payments.PaymentFailed").count() == 1

    buyer.approve(payment)
    settled = services.settle_payment(payment_id=payment.pk)
    work()

    assert (settled.status, settled.failure_code) == ("succeeded", "")
    assert order_of(payment).status == "confirmed"
    assert list(audit.run()) == []


def test_while_the_provider_works_on_it_the_clock_stands_still(buyer):
    payment = buyer.begin()
    buyer.intent(payment, status="processing")

    settled = services.settle_payment(payment_id=payment.pk)

    assert settled.status == "processing"
    assert order_of(payment).payment_due_at is None


def test_the_clock_runs_again_when_that_work_comes_to_nothing(buyer):
    payment = buyer.begin()
    buyer.intent(payment, status="processing")
    services.settle_payment(payment_id=payment.pk)
    error = {"code": "card_declined", "decline_code": "do_not_honor", "message": "No."}
    buyer.intent(payment, status="requires_payment_method", last_payment_error=error)

    settled = services.settle_payment(payment_id=payment.pk)

    order = order_of(payment)
    assert (settled.status, settled.failure_code) == ("failed", "do_not_honor")
    assert timedelta(minutes=14) < order.payment_due_at - order.updated_at <= timedelta(minutes=15)
    assert list(audit.run()) == []


def test_a_disputed_charge_is_put_before_staff_once(buyer):
    payment = buyer.begin()
    charge = buyer.approve(payment)["latest_charge"]
    buyer.stripe.control("POST", f"/stripe/charges/{charge}/dispute", {"reason": "fraudulent"})

    for _ in range(2):
        services.settle_payment(payment_id=payment.pk)

    assert [case.kind for case in payment.cases.all()] == ["disputed"]


def test_nothing_secret_is_kept_of_an_answer(buyer):
    payment = buyer.paid()

    kept = str(Payment.objects.get(pk=payment.pk).provider_answer)

    assert "secret" not in kept
    assert payment.provider_answer["id"] == payment.provider_reference
    assert (payment.provider_answer["status"], payment.provider_answer["amount_received"]) == ("succeeded", 1360)


def test_an_answer_older_than_the_judgement_changes_nothing(buyer):
    payment = buyer.begin()
    stale = get_provider("stripe").fetch(payment.provider_reference)
    buyer.approve(payment)
    services.settle_payment(payment_id=payment.pk)

    apply_truth(payment_id=payment.pk, truth=stale)

    payment.refresh_from_db()
    assert (payment.status, payment.provider_answer["status"]) == ("succeeded", "succeeded")


EVENTS = [
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.succeeded",
    "charge.refunded",
    "refund.created",
]


@pytest.mark.parametrize("first", EVENTS)
def test_five_events_in_any_order_have_one_end(buyer, webhooks, first):
    """Declined, tried again, paid, partly and then wholly refunded in the panel: the 24 orders that begin with one."""
    payment = buyer.begin()
    buyer.decline(payment)
    buyer.approve(payment)
    buyer.refund_in_the_panel(payment, 500)
    buyer.refund_in_the_panel(payment, 860)
    webhooks()
    rest = [name for name in EVENTS if name != first]

    ends = _ends_of(payment, told=first, still_to_tell=rest)

    assert len(ends) == 24
    assert set(ends) == {("succeeded", TOTAL, TOTAL, "refunded", "refunded", TOTAL, 2, 0)}


def _ends_of(payment, *, told, still_to_tell):
    """The end of each order that goes on like this; what they have in common happens once, and is undone."""
    with transaction.atomic():
        services.apply_webhook(event_id=WebhookEvent.objects.filter(event_type=told).last().pk)
        if still_to_tell:
            ends = []
            for name in still_to_tell:
                rest = [one for one in still_to_tell if one != name]
                ends += _ends_of(payment, told=name, still_to_tell=rest)
        else:
            ends = [_end_of(payment)]
        transaction.set_rollback(True)
    return ends


def _end_of(payment):
    payment.refresh_from_db()
    order = order_of(payment)
    checks.nothing_is_false()
    return (
        payment.status,
        payment.captured_amount,
        payment.refunded_amount,
        order.status,
        order.payment_status,
        order.refunded_amount,
        Refund.objects.filter(status="succeeded").count(),
        Case.objects.count(),
    )


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_money_and_the_end_of_the_window_at_once_have_one_outcome(buyer):
    payments = [buyer.begin() for _ in range(6)]
    for payment in payments:
        let_the_window_end(payment.order)
        buyer.approve(payment)

    for payment in payments:
        race(
            lambda payment=payment: services.settle_payment(payment_id=payment.pk),
            lambda payment=payment: order_services.expire_if_due(order_id=payment.order_id),
            lambda payment=payment: order_services.cancel_order(order_id=payment.order_id, actor="customer"),
            lambda payment=payment: services.settle_payment(payment_id=payment.pk),
        )
    work()

    assert {payment.status for payment in Payment.objects.all()} == {"succeeded"}
    assert list(audit.run()) == []
