"""Companies that misbehave at the wire, each call and each way: afterwards one round of the reconciler mends all."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from apps.common import audit
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.outbox.models import Delivery
from apps.payments import services
from apps.payments.exceptions import ProviderUnavailable
from apps.payments.models import Payment, Refund, WebhookEvent
from apps.payments.providers import get_online_provider
from apps.payments.tests.paying import work

pytestmark = pytest.mark.django_db


@dataclass
class Wire:
    """Where a company's calls are met, what it announces when it takes money, and how its events are signed."""

    code: str
    signed_by: str
    taken: str
    calls: dict[str, tuple[str, str]]
    kind: str
    sandbox: object = field(default=None)

    def will(self, fault, call):
        method, path = self.calls[call]
        self.sandbox.next(self.code, fault, method=method, path=path, **({"seconds": 0.8} if fault == "slow" else {}))

    def approve(self, name):
        self.sandbox.control("POST", f"/{self.code}/{self.kind}/{name}/approve", {})

    def times_taken(self):
        events = self.sandbox.control("GET", f"/{self.code}/events")
        names = [one.get("event_type") or one.get("type") or one.get("event") for one in events]
        assert None not in names
        return names.count(self.taken)

    def deliver(self, webhook, body=None):
        headers = {name: value for name, value in webhook.headers.items() if name.lower().startswith(self.signed_by)}
        url = f"/api/v1/payments/webhooks/{self.code}/"
        return Client().post(url, body or webhook.body, "application/json", headers=headers).status_code

    @property
    def webhooks(self):
        return [one for one in self.sandbox.webhooks if one.company == self.code]


WIRES = {
    "stripe": Wire(
        "stripe",
        "stripe-signature",
        "payment_intent.succeeded",
        {
            "start": ("POST", "/v1/payment_intents"),
            "fetch": ("GET", "/v1/payment_intents"),
            "refund": ("POST", "/v1/refunds"),
        },
        "payment_intents",
    ),
    "paypal": Wire(
        "paypal",
        "paypal-",
        "PAYMENT.CAPTURE.COMPLETED",
        {
            "start": ("POST", "/v2/checkout/orders"),
            "fetch": ("GET", "/v2/checkout/orders"),
            "capture": ("POST", "/v2/checkout/orders"),
            "refund": ("POST", "/v2/payments/captures"),
        },
        "orders",
    ),
    "paystack": Wire(
        "paystack",
        "x-paystack-signature",
        "charge.success",
        {
            "start": ("POST", "/transaction/initialize"),
            "fetch": ("GET", "/transaction/verify"),
            "refund": ("POST", "/refund"),
        },
        "transactions",
    ),
}
FAULTS = [
    "hang_after_recording",
    "error_500",
    "error_500_after_recording",
    "conflict_409",
    "rate_limit_429",
    "slow",
    "reset",
    "reset_after_recording",
    "malformed_json",
]


def every(*calls):
    pairs = [(code, call) for code, wire in WIRES.items() for call in calls if call in wire.calls]
    return pytest.mark.parametrize(("wire", "call"), pairs, indirect=["wire"])


@pytest.fixture
def wire(request, sandbox, settings, stripe, paypal):
    settings.PAYSTACK_SECRET_KEY = "sk_test_sandbox"
    settings.PAYSTACK_BASE_URL = f"{sandbox.url}/paystack"
    settings.PAYSTACK_CURRENCIES = ["USD"]
    settings.PROVIDER_TIMEOUTS = (0.6, 0.6)
    wire = WIRES[request.param]
    wire.sandbox = sandbox
    return wire


@pytest.fixture
def order(db):
    return place(StockItemFactory(on_hand=1))


def begin(order, wire):
    payment = services.new_attempt(order_id=order.pk, provider=wire.code)
    services.start_payment(payment_id=payment.pk)
    return Payment.objects.get(pk=payment.pk)


def paid(order, wire):
    payment = begin(order, wire)
    wire.approve(payment.provider_reference)
    return services.settle_payment(payment_id=payment.pk)


def one_round_of_the_reconciler():
    Payment.objects.update(updated_at=Now() - timedelta(hours=1))
    Refund.objects.update(updated_at=Now() - timedelta(hours=1))
    services.reconcile_open_payments()


def patiently(wire, fault, is_mended):
    """Who was only slow may be at it still when he is asked again."""
    if fault == "slow":
        wire.sandbox.wait_until(lambda: is_mended() or (one_round_of_the_reconciler(), is_mended())[1])
    else:
        one_round_of_the_reconciler()
        assert is_mended()


def is_paid(order):
    return Order.objects.get(pk=order.pk).payment_status == "paid"


def is_sound():
    work()
    return list(audit.run()) == []


@pytest.mark.parametrize("fault", FAULTS)
@every("start")
def test_an_attempt_whose_beginning_went_wrong_is_paid_once(wire, call, fault, order):
    wire.will(fault, call)
    payment = begin(order, wire)

    def has_begun():
        return Payment.objects.get(pk=payment.pk).status != "created"

    patiently(wire, fault, has_begun)
    payment.refresh_from_db()
    if payment.status == "cancelled":  # the page was lost with the answer, and nobody can have paid on it
        payment = begin(order, wire)
    wire.approve(payment.provider_reference)
    services.settle_payment(payment_id=payment.pk)

    assert is_paid(order)
    assert wire.times_taken() == 1
    assert is_sound()


@pytest.mark.parametrize("fault", FAULTS)
@every("fetch", "capture")
def test_money_whose_news_went_wrong_is_found_and_counts_once(wire, call, fault, order):
    payment = begin(order, wire)
    wire.approve(payment.provider_reference)
    wire.will(fault, call)

    with suppress(ProviderUnavailable):
        services.settle_payment(payment_id=payment.pk)
    patiently(wire, fault, lambda: is_paid(order))

    assert wire.times_taken() == 1
    assert is_sound()


@every("fetch")
def test_a_page_does_not_wait_for_a_company_that_hangs_and_the_money_is_found_later(wire, call, order, settings):
    settings.PROVIDER_TIMEOUTS, settings.PROVIDER_TIMEOUTS_OF_A_PAGE = (5.0, 5.0), (0.3, 0.3)
    payment = begin(order, wire)
    wire.approve(payment.provider_reference)
    wire.will("slow", call)

    answer = Client().get(f"/api/v1/payments/{wire.code}/return/", {"payment": str(payment.public_id)})

    assert answer.json()["status"] == "processing"
    assert not is_paid(order)
    one_round_of_the_reconciler()
    assert is_paid(order)
    assert is_sound()


@pytest.mark.parametrize("fault", FAULTS)
@every("refund")
def test_a_refund_that_went_wrong_is_sent_once(wire, call, fault, order):
    payment = paid(order, wire)
    services.request_refund(payment_id=payment.pk, amount=None, reason="broken", actor="staff:1")
    wire.will(fault, call)
    work()
    Delivery.objects.update(status="done", done_at=Now())  # the worker dies, and comes to it no more

    patiently(wire, fault, lambda: Refund.objects.get().status in {"pending", "succeeded"})

    known = get_online_provider(wire.code).list_refunds(payment.provider_reference)
    assert [one.amount for one in known] == [payment.money]
    assert is_sound()


def alter(body):
    return body.replace(b"1360", b"9999").replace(b"13.60", b"99.99")


@every("start")
def test_forged_events_change_nothing_and_genuine_ones_count_once_in_any_order(wire, call, order):
    payment = begin(order, wire)
    wire.approve(payment.provider_reference)
    if "capture" in wire.calls:
        get_online_provider(wire.code).capture(payment.provider_reference, key=payment.reference)
    webhooks = wire.webhooks
    assert {wire.deliver(one, alter(one.body) + b" ") for one in webhooks} == {400}
    assert not WebhookEvent.objects.exists()

    for one in [*reversed(webhooks), *webhooks, *webhooks]:
        assert wire.deliver(one) == 200
    work()

    assert is_paid(order)
    assert (WebhookEvent.objects.count(), wire.times_taken()) == (len(webhooks), 1)
    one_round_of_the_reconciler()
    for one in webhooks:
        wire.deliver(one)  # late
    assert is_sound()


@every("start")
def test_an_event_that_comes_before_we_have_written_down_the_attempt_is_understood(wire, call, order):
    payment = services.new_attempt(order_id=order.pk, provider=wire.code)
    company = get_online_provider(wire.code)
    begun = company.start(
        reference=payment.reference,
        amount=payment.money,
        email=order.email,
        return_url="https://shop.test/",
        cancel_url="https://shop.test/",
    )
    wire.approve(begun.provider_reference)

    for one in wire.webhooks:
        wire.deliver(one)
    work()

    assert is_paid(order)
    assert wire.times_taken() == 1
    assert is_sound()
