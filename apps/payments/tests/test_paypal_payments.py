"""Orders paid by PayPal, from the customer's click to the books, on good days and bad ones."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models.functions import Now
from django.test import Client

from apps.common import audit
from apps.orders import services as order_services
from apps.outbox.models import Delivery
from apps.payments import services
from apps.payments.exceptions import ProviderUnavailable
from apps.payments.models import Case, Payment, WebhookEvent
from apps.payments.tests.paying import Buyer, order_of, work
from sandbox.testing import plain_http
from tests.racing import race

pytestmark = pytest.mark.django_db

WEBHOOKS = "/api/v1/payments/webhooks/paypal/"
CAPTURES = "/v2/checkout/orders/"


@pytest.fixture
def payer(paypal):
    return Buyer(paypal)


@pytest.fixture
def payment(payer):
    """A payment that PayPal knows of, and whose page the customer sees."""
    return payer.begin(provider="paypal")


@pytest.fixture
def approved(paypal, payment):
    paypal.approve(payment.provider_reference, "paypal")
    return payment


@pytest.fixture
def webhooks(paypal):
    """Deliver what PayPal has sent by now, in this order, and do what follows from it."""

    def deliver():
        answers = []
        for webhook in paypal.webhooks:
            headers = {name: value for name, value in webhook.headers.items() if name.startswith("PAYPAL-")}
            answers.append(Client().post(WEBHOOKS, webhook.body, "application/json", headers=headers).status_code)
        work()
        return answers

    return deliver


def fresh(payment):
    return Payment.objects.select_related("order").get(pk=payment.pk)


def captures(paypal):
    sent = [one for one in paypal.requests("paypal") if one["path"].endswith("/capture")]
    return [one["status"] for one in sent]


def is_paid(payment):
    payment = fresh(payment)
    return (payment.status, payment.captured_amount, payment.order.status) == ("succeeded", payment.amount, "confirmed")


def click(page, answer):
    with plain_http() as browser:
        return browser.post(page, data={"answer": answer})


def test_the_customer_approves_on_paypals_page_comes_back_and_has_paid(paypal, payer):
    payment = payer.begin(provider="paypal")
    page = services.start_payment(payment_id=payment.pk).details["url"]

    back = click(page, "approve")
    assert parse_qs(urlsplit(back.headers["location"]).query)["token"] == [payment.provider_reference]
    answer = Client().get(back.headers["location"])

    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert is_paid(payment)
    assert str(fresh(payment).fee_amount.normalize()) == "0.96"
    assert list(audit.run()) == []


def test_a_customer_who_thinks_again_may_pay_later(paypal, payer):
    payment = payer.begin(provider="paypal")
    page = services.start_payment(payment_id=payment.pk).details["url"]

    away = click(page, "cancel")
    answer = Client().get(away.headers["location"])

    assert (answer.status_code, answer.json()["status"]) == (200, "pending")
    assert services.start_payment(payment_id=payment.pk).details["url"] == page
    assert captures(paypal) == []


def test_a_customer_who_closes_the_tab_after_approving_has_paid_all_the_same(paypal, approved, webhooks):
    assert webhooks() == [200]

    assert is_paid(approved)
    assert captures(paypal) == [201]
    assert list(audit.run()) == []


def test_every_event_twice_in_any_order_pays_once(paypal, approved, webhooks):
    services.settle_payment(payment_id=approved.pk)
    first = paypal.control("GET", "/paypal/events")[-1]["id"]
    paypal.control("POST", f"/paypal/events/{first}/send")

    webhooks()
    webhooks()

    assert is_paid(approved)
    assert captures(paypal) == [201]
    assert WebhookEvent.objects.count() == 3
    assert list(audit.run()) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_return_page_and_event_at_once_capture_once(paypal, approved, webhooks):
    race(*[lambda: services.settle_payment(payment_id=approved.pk)] * 4, webhooks)
    Delivery.objects.update(due_at=Now())
    work()

    assert is_paid(approved)
    assert captures(paypal).count(201) == 1
    assert len(paypal.control("GET", "/paypal/events")) == 3
    assert list(audit.run()) == []


def test_a_capture_that_paypal_still_looks_at_is_not_paid_until_it_says_so(paypal, approved, webhooks):
    paypal.control("PUT", "/paypal/manner", {"capture_pending": "PENDING_REVIEW"})
    pending = services.settle_payment(payment_id=approved.pk)
    assert (pending.status, order_of(pending).status) == ("processing", "pending")

    paypal.control("POST", f"/paypal/captures/{pending.capture_reference}/settle")
    webhooks()

    assert is_paid(approved)
    assert list(audit.run()) == []


def test_a_declined_instrument_leaves_the_order_payable_by_another(paypal, payment):
    paypal.approve(payment.provider_reference, "paypal", instrument_declined=True)
    declined = services.settle_payment(payment_id=payment.pk)
    assert (declined.status, declined.failure_code) == ("failed", "INSTRUMENT_DECLINED")

    assert services.start_payment(payment_id=payment.pk).type == "redirect"
    paypal.approve(payment.provider_reference, "paypal")
    services.settle_payment(payment_id=payment.pk)

    assert is_paid(payment)
    assert list(audit.run()) == []


def test_every_decline_makes_the_next_capture_a_new_request(paypal, payment):
    for _ in range(2):
        paypal.approve(payment.provider_reference, "paypal", instrument_declined=True)
        services.settle_payment(payment_id=payment.pk)
    paypal.approve(payment.provider_reference, "paypal")
    services.settle_payment(payment_id=payment.pk)

    keys = [
        one["headers"]["paypal-request-id"] for one in paypal.requests("paypal") if one["path"].endswith("/capture")
    ]
    assert len(keys) == len(set(keys)) == 3
    assert is_paid(payment)


def test_an_approval_of_which_nobody_told_is_captured_by_the_reconciler(approved):
    Payment.objects.update(updated_at=Now() - timedelta(minutes=3))

    services.reconcile_open_payments()

    assert is_paid(approved)
    assert list(audit.run()) == []


@pytest.mark.parametrize("fault", ["hang_after_recording", "error_500_after_recording", "reset_after_recording"])
def test_an_order_whose_beginning_got_lost_is_found_again(paypal, payer, fault):
    paypal.next("paypal", fault, path="/v2/checkout/orders")
    lost = payer.begin(provider="paypal")
    assert (lost.status, lost.provider_reference) == ("created", "")

    assert services.start_payment(payment_id=lost.pk).type == "redirect"

    assert fresh(lost).status == "pending"
    assert [one["status"] for one in paypal.requests("paypal") if one["path"] == "/v2/checkout/orders"][1:] == [200]


@pytest.mark.parametrize(
    "fault", ["hang_after_recording", "error_500_after_recording", "reset_after_recording", "malformed_json"]
)
def test_money_whose_capture_got_lost_is_found_by_the_event(paypal, approved, webhooks, fault):
    paypal.next("paypal", fault, path=f"{CAPTURES}{approved.provider_reference}/capture")
    with pytest.raises(ProviderUnavailable):
        services.settle_payment(payment_id=approved.pk)

    webhooks()

    assert is_paid(approved)
    assert captures(paypal).count(201) <= 1
    assert list(audit.run()) == []


def test_an_event_that_comes_before_the_answer_to_the_capture_is_applied(paypal, approved, webhooks):
    paypal.next("paypal", "before_answer", event="PAYMENT.CAPTURE.COMPLETED")

    services.settle_payment(payment_id=approved.pk)
    webhooks()

    assert is_paid(approved)
    assert list(audit.run()) == []


@pytest.mark.parametrize(("kind", "value"), [("alter_amount", "0.01"), ("alter_currency", "EUR")])
def test_what_a_signed_event_says_of_money_is_not_believed(paypal, approved, webhooks, kind, value):
    paypal.next("paypal", kind, event="PAYMENT.CAPTURE", value=value)

    services.settle_payment(payment_id=approved.pk)
    webhooks()

    assert is_paid(approved)
    assert list(audit.run()) == []


def test_a_forged_event_is_refused_and_changes_nothing(paypal, payment, webhooks):
    paypal.next("paypal", "forge")
    paypal.approve(payment.provider_reference, "paypal")

    assert webhooks() == [400]

    assert (fresh(payment).status, WebhookEvent.objects.count()) == ("pending", 0)
    assert captures(paypal) == []


@pytest.mark.parametrize(("value", "currency"), [("13.59", "USD"), ("13.60", "EUR")])
def test_money_of_another_amount_or_currency_pays_nothing(paypal, approved, value, currency):
    order = paypal.control("POST", f"/paypal/orders/{approved.provider_reference}/decline")
    unit = order["purchase_units"][0] | {"amount": {"currency_code": currency, "value": value}}
    paypal.control("POST", f"/paypal/orders/{approved.provider_reference}", {"purchase_units": [unit]})

    services.settle_payment(payment_id=approved.pk)

    assert (fresh(approved).status, order_of(approved).status) == ("needs_review", "pending")
    assert [case.kind for case in Case.objects.all()] == ["wrong_amount"]
    assert list(audit.run()) == []


def test_an_order_that_was_cancelled_meanwhile_is_not_captured(paypal, approved, webhooks):
    order_services.cancel_order(order_id=approved.order_id, actor="staff:1", reason="changed my mind")

    webhooks()

    assert captures(paypal) == []
    assert (fresh(approved).status, order_of(approved).status) == ("cancelled", "cancelled")
    assert list(audit.run()) == []


def test_a_refund_of_ours_is_booked_once_though_paypal_tells_it_again(paypal, approved, webhooks):
    paid = services.settle_payment(payment_id=approved.pk)
    order_services.cancel_order(order_id=paid.order_id, actor="staff:1", reason="changed my mind")
    work()

    webhooks()

    (refund,) = fresh(paid).refunds.all()
    assert (refund.status, refund.amount) == ("succeeded", paid.amount)
    assert list(audit.run()) == []


def test_a_refund_in_paypals_panel_is_booked(paypal, approved, webhooks):
    paid = services.settle_payment(payment_id=approved.pk)
    part = {"amount": {"currency_code": "USD", "value": "3.60"}}
    paypal.control("POST", f"/paypal/captures/{paid.capture_reference}/refund", part)

    webhooks()

    (refund,) = fresh(paid).refunds.all()
    assert (refund.status, str(refund.amount.normalize()), refund.actor) == ("succeeded", "3.6", "provider")
    assert list(audit.run()) == []


def test_a_dispute_is_put_before_staff(paypal, approved, webhooks):
    paid = services.settle_payment(payment_id=approved.pk)
    paypal.control("POST", f"/paypal/captures/{paid.capture_reference}/dispute")

    webhooks()

    assert [case.kind for case in Case.objects.all()] == ["disputed"]
    assert list(audit.run()) == []
