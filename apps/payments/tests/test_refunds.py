"""Money on its way back: never more than came, never twice, never forgotten."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now

from apps.common import audit
from apps.common.money import Money
from apps.orders import services as order_services
from apps.outbox.models import Delivery, OutboxMessage
from apps.payments import services
from apps.payments.exceptions import ProviderUnavailable, RefundRefused
from apps.payments.models import Payment, Refund
from apps.payments.providers import ProviderStatus, get_provider
from apps.payments.services.judging import apply_truth
from apps.payments.tests.paying import order_of, work
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


def usd(amount):
    return Money(Decimal(amount), "USD")


def ask(payment, amount=None):
    amount = usd(amount) if isinstance(amount, str) else amount
    return services.request_refund(payment_id=payment.pk, amount=amount, reason="it was broken", actor="staff:1")


def at_stripe(payment):
    return [one.amount for one in get_provider("stripe").list_refunds(payment.provider_reference)]


def told(event):
    return OutboxMessage.objects.filter(event_type=f"payments.{event}").count()


def test_a_part_goes_back_and_the_order_knows(buyer):
    payment = buyer.paid()

    refund = ask(payment, "3.60")
    assert (refund.status, refund.actor) == ("queued", "staff:1")
    work()

    refund.refresh_from_db()
    order = order_of(payment)
    assert (refund.status, refund.provider_reference[:3]) == ("succeeded", "re_")
    assert (order.status, order.payment_status, order.refunded) == ("confirmed", "partially_refunded", usd("3.60"))
    assert at_stripe(payment) == [usd("3.60")]
    assert told("RefundSucceeded") == 1
    assert list(audit.run()) == []


def test_without_an_amount_all_that_is_left_goes_back(buyer):
    payment = buyer.paid()
    ask(payment, "3.60")

    ask(payment)
    work()

    assert at_stripe(payment) == [usd("10.00"), usd("3.60")]
    assert (order_of(payment).status, order_of(payment).payment_status) == ("refunded", "refunded")
    assert list(audit.run()) == []


@pytest.mark.parametrize("amount", [usd("13.61"), usd("0"), usd("-1"), usd("1.001"), Money(Decimal(1), "EUR")], ids=str)
def test_an_amount_that_cannot_go_back_is_refused_and_changes_nothing(buyer, amount):
    payment = buyer.paid()

    with pytest.raises(RefundRefused):
        ask(payment, amount)

    assert not Refund.objects.exists()
    assert Payment.objects.get().refunded_amount == 0


def test_what_never_came_cannot_go_back(buyer):
    with pytest.raises(RefundRefused):
        ask(buyer.begin())


def test_a_cancelled_order_gives_its_money_back_once(buyer):
    payment = buyer.paid()
    order_services.cancel_order(order_id=payment.order_id, actor="customer")

    work()
    assert at_stripe(payment) == [usd("13.60")]
    services.refund_order(order_id=payment.order_id, reason="again")
    work()

    assert at_stripe(payment) == [usd("13.60")]
    assert order_of(payment).status == "refunded"
    assert list(audit.run()) == []


def test_sending_a_refund_twice_is_once(buyer):
    payment = buyer.paid()
    refund = ask(payment)

    for _ in range(3):
        services.execute_refund(refund_id=refund.pk)

    assert at_stripe(payment) == [usd("13.60")]


@pytest.mark.parametrize(
    "fault",
    [
        "error_500",
        "error_500_after_recording",
        "hang_after_recording",
        "reset_after_recording",
        "malformed_json",
        "conflict_409",
        "rate_limit_429",
    ],
)
def test_a_refund_whose_answer_is_lost_is_sent_once(buyer, fault):
    payment = buyer.paid()
    refund = ask(payment)
    buyer.stripe.next("stripe", fault, method="POST", path="/v1/refunds")

    with pytest.raises(ProviderUnavailable):
        services.execute_refund(refund_id=refund.pk)
    assert Refund.objects.get().status == "queued"
    Delivery.objects.update(due_at=Now())
    work()

    assert Refund.objects.get().status == "succeeded"
    assert at_stripe(payment) == [usd("13.60")]
    assert list(audit.run()) == []


def test_a_refund_that_stripe_refuses_is_put_before_staff(buyer):
    payment = buyer.paid()
    buyer.stripe.control("POST", f"/stripe/charges/{payment.capture_reference}/dispute", {"reason": "fraudulent"})

    ask(payment)
    work()

    refund = Refund.objects.get()
    assert (refund.status, "charge_disputed" in refund.failure_message) == ("failed", True)
    assert Payment.objects.get().refunded_amount == 0
    assert [case.kind for case in payment.cases.all()] == ["refund_failed"]
    assert told("RefundFailed") == 1
    assert list(audit.run()) == []


def pay_with(buyer, token):
    payment = buyer.begin()
    options = {"payment_method": token, "return_url": "https://shop.example.test"}
    get_provider("stripe").client.v1.payment_intents.confirm(payment.provider_reference, options)
    return services.settle_payment(payment_id=payment.pk)


def test_a_refund_that_takes_days_is_under_way_until_the_provider_says_so(buyer, webhooks):
    payment = pay_with(buyer, "pm_card_pendingRefund")
    refund = ask(payment)
    work()
    assert Refund.objects.get().status == "pending"
    assert order_of(payment).payment_status == "paid"

    buyer.stripe.control("POST", "/stripe/refunds/settle")
    webhooks()
    work()

    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert order_of(payment).payment_status == "refunded"
    assert list(audit.run()) == []


def test_a_refund_that_the_bank_returns_is_put_before_staff_and_can_be_made_up_for(buyer, webhooks):
    payment = pay_with(buyer, "pm_card_refundFail")
    ask(payment, "13.60")
    work()
    buyer.stripe.control("POST", "/stripe/refunds/settle")
    webhooks()
    work()
    assert Refund.objects.get().status == "failed"
    assert [case.kind for case in payment.cases.all()] == ["refund_failed"]
    assert Payment.objects.get().refunded_amount == 0
    assert list(audit.run()) == []

    ask(payment, "13.60")
    work()

    assert Payment.objects.get().refunded_amount == Decimal("13.60")
    assert (order_of(payment).status, order_of(payment).refunded) == ("refunded", usd("13.60"))
    assert list(audit.run()) == []


@pytest.mark.parametrize(
    ("token", "end", "stale"),
    [
        ("pm_card_visa", "succeeded", ProviderStatus.PROCESSING),
        ("pm_card_refundFail", "failed", ProviderStatus.SUCCEEDED),
        ("pm_card_refundFail", "failed", ProviderStatus.PROCESSING),
    ],
)
def test_an_answer_older_than_the_end_of_a_refund_changes_nothing(buyer, token, end, stale):
    payment = pay_with(buyer, token)
    ask(payment)
    work()
    buyer.stripe.control("POST", "/stripe/refunds/settle")
    services.settle_payment(payment_id=payment.pk)
    truth = get_provider("stripe").fetch(payment.provider_reference)

    apply_truth(
        payment_id=payment.pk, truth=replace(truth, refunds=[replace(one, status=stale) for one in truth.refunds])
    )

    assert Refund.objects.get().status == end
    assert list(audit.run()) == []


def test_a_refund_made_in_the_panel_is_booked_once(buyer, webhooks):
    payment = buyer.paid()
    buyer.refund_in_the_panel(payment, 500)

    webhooks()
    work()
    services.settle_payment(payment_id=payment.pk)

    assert list(Refund.objects.values_list("amount", "status", "actor")) == [
        (Decimal("5.0000"), "succeeded", "provider")
    ]
    assert order_of(payment).refunded == usd("5.00")
    assert list(audit.run()) == []


def test_our_own_refund_that_comes_back_as_a_webhook_is_not_booked_again(buyer, webhooks):
    payment = buyer.paid()
    ask(payment, "5.00")
    work()

    webhooks()
    work()

    assert Refund.objects.count() == 1
    assert Payment.objects.get().refunded_amount == Decimal("5.00")


def test_a_refund_in_the_panel_that_was_quicker_than_ours_ends_ours(buyer):
    payment = buyer.paid()
    ours = ask(payment, "10.00")
    buyer.refund_in_the_panel(payment, 1360)

    services.settle_payment(payment_id=payment.pk)
    work()

    ours.refresh_from_db()
    assert ours.status == "failed"
    assert at_stripe(payment) == [usd("13.60")]
    assert Payment.objects.get().refunded_amount == Decimal("13.60")
    assert [case.kind for case in payment.cases.all()] == ["refund_failed"]
    assert list(audit.run()) == []


def test_money_set_aside_can_go_back(buyer):
    payment = buyer.begin()
    buyer.approve(payment)
    buyer.intent(payment, amount_received=1300)
    services.settle_payment(payment_id=payment.pk)

    ask(payment)
    work()

    assert at_stripe(payment) == [usd("13.00")]
    assert order_of(payment).payment_status == "unpaid"
    assert list(audit.run()) == []


def test_a_transfer_goes_back_by_hand(buyer, staff):
    payment = buyer.begin(provider="bank_transfer")
    services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=usd("13.60"))
    refund = ask(payment, "3.60")
    work()
    assert Refund.objects.get().status == "pending"
    assert [case.kind for case in payment.cases.filter(resolved_at=None)] == ["refund_by_hand"]

    services.confirm_manual_refund(refund_id=refund.pk, staff_user=staff, bank_reference="000123")

    refund.refresh_from_db()
    case = payment.cases.get()
    assert (refund.status, refund.provider_reference) == ("succeeded", "bank_transfer:000123")
    assert (case.resolved_by, case.resolution) == (staff, "Sent, 000123.")
    assert order_of(payment).refunded == usd("3.60")
    assert list(audit.run()) == []


def test_a_refund_by_hand_is_confirmed_once_and_under_a_reference_of_its_own(buyer, staff):
    payment = buyer.begin(provider="bank_transfer")
    services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=usd("13.60"))
    first, second = ask(payment, "3.60"), ask(payment, "1.00")
    work()
    services.confirm_manual_refund(refund_id=first.pk, staff_user=staff, bank_reference="000123")

    for refund in (first, second):
        with pytest.raises(RefundRefused):
            services.confirm_manual_refund(refund_id=refund.pk, staff_user=staff, bank_reference="000123")

    assert Refund.objects.get(pk=second.pk).status == "pending"


def test_a_refund_that_a_provider_sends_is_not_confirmed_by_hand(buyer, staff):
    refund = ask(buyer.paid())

    with pytest.raises(RefundRefused):
        services.confirm_manual_refund(refund_id=refund.pk, staff_user=staff, bank_reference="000123")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_refunds_at_once_never_exceed_what_was_taken(buyer):
    payment = buyer.paid()

    results = race(*[lambda: ask(payment, "5.00")] * 8)
    race(work, work, work)
    Delivery.objects.update(due_at=Now())  # who came while another was at it comes again
    work()

    assert refusals(results, RefundRefused) == 6
    assert at_stripe(payment) == [usd("5.00"), usd("5.00")]
    assert list(audit.run()) == []


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_they_would(buyer):
    """The twin: the same rule, but nobody waits for anybody. If this cannot fail, the test above proves nothing."""
    payment = buyer.paid()

    def ask_without_the_lock():
        with transaction.atomic():
            seen = Payment.objects.get(pk=payment.pk)
            if usd("5.00") <= seen.refundable:
                seen.update(refunded_amount=seen.refunded_amount + 5)
                Refund.objects.create(payment=seen, amount=5, currency="USD", reason="twin", actor="staff:1")

    race(*[ask_without_the_lock] * 8)

    assert Refund.objects.aggregate(sum=Sum("amount"))["sum"] > payment.captured_amount
    assert [finding.invariant.code for finding in audit.run()] == ["M1"]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_refund_sent_by_five_workers_at_once_goes_back_once(buyer):
    payment = buyer.paid()
    refund = ask(payment)

    results = race(*[lambda: services.execute_refund(refund_id=refund.pk)] * 5)
    work()

    refusals(results, ProviderUnavailable)
    assert at_stripe(payment) == [usd("13.60")]
    assert (Refund.objects.get().status, told("RefundSucceeded")) == ("succeeded", 1)
    assert list(audit.run()) == []


def test_a_refund_that_waits_for_long_is_sent_by_the_reconciler(buyer):
    payment = buyer.paid()
    ask(payment)
    Delivery.objects.update(status="dead")
    Refund.objects.update(updated_at=Now() - timedelta(minutes=11))

    services.reconcile_open_payments()

    assert Refund.objects.get().status == "succeeded"
