"""Beginning to pay: the first attempt, its bad days, and another one after it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.common import audit
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import pay_in_full
from apps.outbox.models import OutboxMessage
from apps.payments import services
from apps.payments.exceptions import OrderNotPayable, PaymentInProgress, ProviderNotOffered
from apps.payments.models import Payment
from apps.payments.services.judging import apply_truth
from apps.payments.tests.paying import order_of, work
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


def statuses(order):
    return list(Payment.objects.filter(order=order).order_by("pk").values_list("provider", "status"))


def test_the_intention_is_saved_before_the_provider_is_asked(buyer):
    order = buyer.order()

    payment = services.open_payment(order=order, provider="stripe")

    assert (payment.status, payment.amount, payment.currency) == ("created", Decimal("13.60"), "USD")
    assert payment.reference.startswith(f"{order.number}-")
    assert buyer.stripe.requests("stripe") == []


def test_begins_with_stripe_and_the_order_waits_for_it(buyer):
    payment = services.open_payment(order=buyer.order(), provider="stripe")

    action = services.start_payment(payment_id=payment.pk)

    payment.refresh_from_db()
    assert payment.status == "pending"
    assert action.as_json()["payment_intent"] == payment.provider_reference
    assert order_of(payment).status == "pending"


def test_begins_with_a_transfer_by_saying_where_to_send_it(buyer):
    payment = services.open_payment(order=buyer.order(), provider="bank_transfer")

    actions = [services.start_payment(payment_id=payment.pk).as_json() for _ in range(2)]

    assert actions == 2 * [
        {
            "type": "transfer_instructions",
            "instructions": "Test Bank, account 1",
            "amount": {"amount": "13.60", "currency": "USD"},
            "reference": payment.reference,
        }
    ]
    assert (Payment.objects.get().status, order_of(payment).status) == ("pending", "pending")


def test_beginning_again_hands_out_the_same_secret(buyer):
    payment = services.open_payment(order=buyer.order(), provider="stripe")

    assert services.start_payment(payment_id=payment.pk) == services.start_payment(payment_id=payment.pk)


@pytest.mark.parametrize("provider", ["nobody", ""])
def test_a_way_of_paying_that_is_not_offered_is_refused(buyer, provider):
    with pytest.raises(ProviderNotOffered):
        services.open_payment(order=buyer.order(), provider=provider)
    with pytest.raises(ProviderNotOffered):
        services.payment_window(provider)


def test_a_way_of_paying_without_settings_is_not_offered(buyer, settings):
    settings.STRIPE_SECRET_KEY = ""

    with pytest.raises(ProviderNotOffered, match="choose one of: bank_transfer"):
        services.open_payment(order=buyer.order(), provider="stripe")


def test_a_currency_that_the_provider_does_not_take_is_refused(buyer, settings):
    settings.STRIPE_CURRENCIES = ["EUR"]

    with pytest.raises(ProviderNotOffered, match=r"13\.60 USD"):
        services.open_payment(order=buyer.order(), provider="stripe")


def test_each_way_has_its_own_window(settings):
    assert services.payment_window("stripe") == timedelta(minutes=15)
    assert services.payment_window("bank_transfer") == timedelta(hours=24)


@pytest.mark.parametrize(
    "fault", ["error_500", "conflict_409", "rate_limit_429", "hang_after_recording", "reset", "malformed_json"]
)
def test_when_stripe_cannot_be_reached_the_attempt_waits_and_a_repeat_finds_it(buyer, fault):
    payment = services.open_payment(order=buyer.order(), provider="stripe")
    buyer.stripe.next("stripe", fault)

    assert services.start_payment(payment_id=payment.pk).as_json() == {"type": "none"}
    assert Payment.objects.get().status == "created"

    assert services.start_payment(payment_id=payment.pk).type == "stripe_client_secret"
    assert Payment.objects.get().status == "pending"
    assert list(audit.run()) == []


def test_an_attempt_that_stripe_refuses_has_failed_and_the_order_stays_payable(buyer, settings):
    settings.STRIPE_SECRET_KEY = "pk_test_the_wrong_kind"
    payment = services.open_payment(order=buyer.order(), provider="stripe")

    action = services.start_payment(payment_id=payment.pk)

    payment.refresh_from_db()
    assert (action.type, payment.status, payment.failure_code) == ("none", "failed", "secret_key_required")
    assert order_of(payment).status == "created"
    assert services.new_attempt(order_id=payment.order_id, provider="stripe") != payment


def test_an_attempt_that_is_over_has_no_next_action(buyer):
    payment = buyer.paid()

    assert services.start_payment(payment_id=payment.pk).type == "none"


def test_another_attempt_the_same_way_is_the_one_that_is_open(buyer):
    payment = buyer.begin()

    assert services.new_attempt(order_id=payment.order_id, provider="stripe") == payment


def test_after_a_decline_the_customer_goes_on_with_the_same_intent(buyer):
    payment = buyer.begin()
    buyer.decline(payment)
    services.settle_payment(payment_id=payment.pk)

    again = services.new_attempt(order_id=payment.order_id, provider="stripe")

    assert again == payment
    assert services.start_payment(payment_id=again.pk).details["payment_intent"] == payment.provider_reference


def test_another_way_gives_the_first_attempt_up_and_tells_its_provider(buyer):
    payment = buyer.begin()

    services.new_attempt(order_id=payment.order_id, provider="bank_transfer")
    work()

    assert statuses(payment.order) == [("stripe", "cancelled"), ("bank_transfer", "pending")]
    with pytest.raises(ValueError, match="canceled"):
        buyer.approve(payment)


def test_another_way_gives_a_declined_attempt_up_too(buyer):
    payment = buyer.begin()
    buyer.decline(payment)
    services.settle_payment(payment_id=payment.pk)

    services.new_attempt(order_id=payment.order_id, provider="bank_transfer")

    assert statuses(payment.order) == [("stripe", "cancelled"), ("bank_transfer", "pending")]


def test_a_slower_way_has_its_longer_window_counted_from_the_order(buyer):
    payment = buyer.begin()

    services.new_attempt(order_id=payment.order_id, provider="bank_transfer")

    order = order_of(payment)
    assert order.payment_due_at - order.created_at == timedelta(hours=24)


def test_a_faster_way_does_not_shorten_the_window(buyer):
    order = buyer.order(minutes=24 * 60)
    buyer.begin(order, provider="bank_transfer")

    services.new_attempt(order_id=order.pk, provider="stripe")

    assert Order.objects.get().payment_due_at == order.payment_due_at


def test_a_customer_who_was_quicker_than_the_void_has_paid_and_the_other_attempt_ends(buyer):
    payment = buyer.begin()
    services.new_attempt(order_id=payment.order_id, provider="bank_transfer")
    buyer.approve(payment)

    work()

    assert statuses(payment.order) == [("stripe", "succeeded"), ("bank_transfer", "cancelled")]
    assert order_of(payment).status == "confirmed"
    assert list(audit.run()) == []


def test_an_attempt_that_is_being_worked_on_cannot_be_given_up(buyer):
    payment = buyer.begin()
    buyer.intent(payment, status="processing")
    services.settle_payment(payment_id=payment.pk)

    with pytest.raises(PaymentInProgress):
        services.new_attempt(order_id=payment.order_id, provider="bank_transfer")

    assert statuses(payment.order) == [("stripe", "processing")]


@pytest.mark.parametrize(
    "end",
    [
        lambda order: order_services.cancel_order(order_id=order.pk, actor="customer"),
        lambda order: pay_in_full(order_id=order.pk),
        lambda order: Order.objects.filter(pk=order.pk).update(payment_due_at="2020-01-01T00:00Z"),
    ],
)
def test_an_order_that_awaits_nothing_gets_no_attempt(buyer, end):
    order = buyer.order()
    end(order)

    with pytest.raises(OrderNotPayable):
        services.new_attempt(order_id=order.pk, provider="stripe")

    assert not Payment.objects.exists()


@pytest.mark.parametrize("end", ["expired", "cancelled"])
def test_the_end_of_an_order_ends_its_attempts_at_the_provider(buyer, end):
    payment = buyer.begin()
    if end == "cancelled":
        order_services.cancel_order(order_id=payment.order_id, actor="customer")
    else:
        Order.objects.update(payment_due_at="2020-01-01T00:00Z")
        order_services.expire_due_orders()

    work()

    assert Payment.objects.get().status == "cancelled"
    with pytest.raises(ValueError, match="canceled"):
        buyer.approve(payment)
    assert list(audit.run()) == []


def test_an_answer_that_comes_after_the_attempt_was_given_up_has_it_voided(buyer):
    payment = services.open_payment(order=buyer.order(), provider="stripe")
    truth = buyer.begin_at_stripe(payment)
    services.close_attempts(order_id=payment.order_id)
    work()

    apply_truth(payment_id=payment.pk, truth=truth)
    work()

    payment.refresh_from_db()
    assert (payment.status, payment.provider_reference) == ("cancelled", truth.provider_reference)
    with pytest.raises(ValueError, match="canceled"):
        buyer.approve(payment)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_an_attempt_given_up_while_stripe_thinks_has_no_next_action_and_is_voided(buyer):
    payment = services.open_payment(order=buyer.order(), provider="stripe")
    buyer.stripe.next("stripe", "slow", seconds=0.5)

    def give_up():
        buyer.stripe.wait_until(lambda: buyer.stripe.requests("stripe"))
        services.close_attempts(order_id=payment.order_id)

    action, _ = race(lambda: services.start_payment(payment_id=payment.pk), give_up)
    work()

    assert action.type == "none"
    with pytest.raises(ValueError, match="canceled"):
        buyer.approve(Payment.objects.get())


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["nothing", "stripe"])
def test_ten_attempts_at_once_leave_one_open(buyer, first):
    order = buyer.begin().order if first == "stripe" else buyer.order()

    results = race(
        *[lambda: services.new_attempt(order_id=order.pk, provider="bank_transfer")] * 5,
        *[lambda: services.new_attempt(order_id=order.pk, provider="stripe")] * 5,
    )
    work()

    assert refusals(results, OrderNotPayable) == 0
    assert Payment.objects.filter(order=order).reachable().count() == 1
    assert list(audit.run()) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_an_attempt_begun_ten_times_at_once_is_one_intent(buyer):
    payment = services.open_payment(order=buyer.order(), provider="stripe")

    race(*[lambda: services.start_payment(payment_id=payment.pk)] * 10)
    services.start_payment(payment_id=payment.pk)

    created = [one for one in buyer.stripe.webhooks if one.type == "payment_intent.created"]
    assert len(created) == 1
    assert OutboxMessage.objects.filter(event_type="payments.PaymentFailed").count() == 0
    assert Payment.objects.get().status == "pending"
