"""The inbox: what is kept, what is refused, and that nothing kept is lost."""

import json
import time
from datetime import timedelta

import pytest
import stripe as stripe_sdk
from django.db.models.functions import Now
from django.test import Client

from apps.common import audit
from apps.outbox.models import Delivery, OutboxMessage
from apps.payments import services
from apps.payments.exceptions import WebhookObjectUnknown
from apps.payments.models import Case, Payment, WebhookEvent
from apps.payments.tests.paying import WEBHOOKS, deliver, order_of, work
from tests.racing import race

pytestmark = pytest.mark.django_db

INTENT = {"id": "pi_unknown", "object": "payment_intent", "metadata": {}}


def an_event(about=INTENT, event_type="payment_intent.succeeded", **changes):
    fields = {"id": "evt_1", "object": "event", "type": event_type, "livemode": False, "api_version": "x"}
    return json.dumps({**fields, "data": {"object": about}, **changes})


def post(body, signed_by="whsec_sandbox", at=None, **headers):
    signature = stripe_sdk.WebhookSignature.generate_signature_header(body, signed_by, at or int(time.time()))
    headers = {"Stripe-Signature": signature, **headers}
    return Client().post(WEBHOOKS, data=body, content_type="application/json", headers=headers)


def the_event():
    return WebhookEvent.objects.values_list("status", "verdict").get()


def test_a_genuine_event_is_kept_as_it_came_and_answered_at_once(buyer):
    payment = buyer.begin()
    webhook = buyer.stripe.webhooks[0]

    response = deliver(webhook)

    event = WebhookEvent.objects.get()
    assert (response.status_code, response.content) == (200, b"")
    assert (event.event_type, event.object_id) == ("payment_intent.created", payment.provider_reference)
    assert (bytes(event.raw_body), event.status) == (webhook.body, "received")
    assert len(buyer.stripe.requests("stripe")) == 1  # nothing was asked while the caller waited


def test_the_same_event_again_is_answered_alike_and_kept_once(buyer):
    buyer.begin()
    webhook = buyer.stripe.webhooks[0]

    assert [deliver(webhook).status_code for _ in range(3)] == [200, 200, 200]

    assert WebhookEvent.objects.count() == 1
    assert OutboxMessage.objects.filter(event_type="payments.WebhookReceived").count() == 1


@pytest.mark.parametrize(
    "response",
    [
        lambda: post(an_event(), signed_by="whsec_of_somebody_else"),
        lambda: post(an_event(), at=int(time.time()) - 301),
        lambda: post(an_event(), at=int(time.time()) + 400),
        lambda: post(an_event(), **{"Stripe-Signature": ""}),
        lambda: post(an_event(), **{"Stripe-Signature": "t=,v1=x"}),
        lambda: post(an_event(), **{"Stripe-Signature": "v1=" + "0" * 64}),
        lambda: Client().post(WEBHOOKS, data=an_event(), content_type="application/json"),
        lambda: Client().post(WEBHOOKS, data=b"\xff\xfe", content_type="application/json"),
    ],
    ids=["secret", "stale", "future", "empty", "broken", "no time", "missing", "bytes"],
)
def test_what_is_not_genuine_is_refused_and_leaves_nothing(response):
    answer = response()

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "webhook-not-genuine"
    assert not WebhookEvent.objects.exists()
    assert not OutboxMessage.objects.exists()


STRIPES_NONSENSE = {
    "not json": "{not json",
    "thin": '{"id": "evt_1", "object": "v2.core.event"}',
    "a list": "[]",
    "nested": "[" * 100_000,
    "no data": '{"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "livemode": false}',
    "object is a list": an_event([1, 2]),
    "object is nothing": an_event(None),
    "object without its kind": an_event({"id": "pi_1"}),
    "metadata is a list": an_event({**INTENT, "metadata": ["x"]}),
    "expanded": an_event({"object": "charge", "payment_intent": {"id": "pi_1"}}),
    "type is a number": an_event(event_type=7),
    "id is nothing": an_event(id=None),
    "id is endless": an_event(id="x" * 256),
    "id is poison": an_event(id="evt_\0"),
}


@pytest.mark.parametrize("body", STRIPES_NONSENSE.values(), ids=STRIPES_NONSENSE)
def test_what_is_genuine_and_cannot_be_read_is_kept_and_put_before_staff(body):
    answers = [post(body).status_code for _ in range(2)]
    work()

    event, case = WebhookEvent.objects.get(), Case.objects.get()
    assert answers == [200, 200]
    assert (bytes(event.raw_body).decode(), event.status) == (body, "received")
    assert event.verdict.startswith("not understood: ")
    assert (case.kind, case.summary) == (
        "unknown_object",
        "stripe has sent a message that nobody here understands; it is in the webhook inbox.",
    )
    assert list(audit.run()) == []


def test_a_thousand_riddles_are_one_case():
    for body in ("[]", "[1]", "[2]"):
        post(body)

    assert (WebhookEvent.objects.count(), Case.objects.count()) == (3, 1)


def replay(event):
    (replay,) = services.replay_webhooks(event_ids=[event.pk], actor="shop")
    return replay


class TestAMessageThatIsNotUnderstood:
    """Its body and what its signature is checked by are kept, so that a later version of the shop may read it."""

    @pytest.fixture
    def paid(self, buyer):
        payment = buyer.begin()
        buyer.approve(payment)
        return payment

    @pytest.fixture
    def riddle(self, paid):
        """What Stripe says of the payment in a form that the adapter of that day did not know, an hour ago."""
        about = {"id": paid.provider_reference, "object": "payment_intent", "metadata": {}}
        an_hour_ago = int(time.time()) - 3600
        body = an_event(about)
        signature = stripe_sdk.WebhookSignature.generate_signature_header(body, "whsec_sandbox", an_hour_ago)
        event = WebhookEvent.objects.create(
            provider="stripe",
            dedupe_key="unread:1",
            raw_body=body.encode(),
            signature_headers={"Stripe-Signature": signature},
            verdict="not understood: there is no 'data'",
        )
        WebhookEvent.objects.filter(pk=event.pk).update(created_at=Now() - timedelta(hours=1))
        return event

    def test_keeps_what_its_signature_is_checked_by_and_no_other_header(self):
        post("[]", Authorization="Bearer x", Cookie="sessionid=x", X_Request_Id="x")

        assert list(WebhookEvent.objects.get().signature_headers) == ["Stripe-Signature"]

    def test_stays_so_while_the_shop_has_not_learned(self):
        post("[]")
        event = WebhookEvent.objects.get()

        assert replay(event).error.startswith("not understood")
        assert (event.status, WebhookEvent.objects.get().verdict) == ("received", event.verdict)

    def test_is_read_anew_as_of_when_it_came_and_applied(self, paid, riddle):
        done = replay(riddle)
        work()

        assert (done.error, done.event.status, done.event.dedupe_key) == ("", "applied", "evt_1")
        assert order_of(paid).status == "confirmed"
        assert list(audit.run()) == []

    def test_is_left_alone_until_somebody_asks(self, riddle):
        services.apply_webhook(event_id=riddle.pk)

        assert the_event() == ("received", riddle.verdict)

    def test_counts_once_though_it_came_again_and_was_read(self, paid, riddle):
        post(bytes(riddle.raw_body).decode())

        done = replay(riddle)

        assert (done.event.status, done.event.verdict) == ("ignored", "it came again, and was understood")
        assert WebhookEvent.objects.filter(dedupe_key="evt_1").count() == 1

    @pytest.mark.parametrize(
        ("headers", "said"),
        [({}, "before signatures were kept"), ({"Stripe-Signature": "t=1,v1=00"}, "no valid signature")],
        ids=["none", "another"],
    )
    def test_is_not_believed_without_its_signature(self, paid, riddle, headers, said):
        WebhookEvent.objects.filter(pk=riddle.pk).update(signature_headers=headers)

        assert said in replay(riddle).error
        assert order_of(paid).status == "pending"


def test_another_version_is_acted_on_and_logged_once(buyer, caplog):
    payment = buyer.begin()
    about = {"id": payment.provider_reference, "object": "payment_intent", "metadata": {}}
    for name in ("evt_1", "evt_2"):
        post(an_event(about, id=name, api_version="2027-01-01.fern"))
    post(an_event(about, id="evt_3", api_version=stripe_sdk.api_version))

    work()

    told = "stripe speaks 2027-01-01.fern; its adapter was written for 2026-10-28.endive"
    assert [record.getMessage() for record in caplog.records if "speaks" in record.getMessage()] == [told]
    assert [event.has_drifted for event in WebhookEvent.objects.order_by("pk")] == [True, True, False]
    assert {event.status for event in WebhookEvent.objects.all()} == {"applied"}


def test_while_a_secret_is_changed_both_are_good(settings):
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_old", "whsec_new"]

    answers = [post(an_event(id=secret), signed_by=secret).status_code for secret in ("whsec_old", "whsec_new")]

    assert answers == [200, 200]


def test_without_a_secret_nothing_is_believed(settings):
    settings.STRIPE_WEBHOOK_SECRETS = [""]

    assert post(an_event(), signed_by="whsec_").status_code == 400


@pytest.mark.parametrize("provider", ["nobody", "bank_transfer"])
def test_nobody_else_has_an_address_for_webhooks(provider):
    response = Client().post(f"/api/v1/payments/webhooks/{provider}/", data=b"{}", content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_only_post_is_taken_and_nothing_huge():
    assert Client().get(WEBHOOKS).status_code == 405
    assert post(" " * (256 * 1024 + 1)).status_code == 413


def test_a_type_that_nothing_depends_on_is_kept_and_acknowledged():
    assert post(an_event(event_type="invoice.brand_new")).status_code == 200

    work()

    assert the_event() == ("ignored", "nothing here depends on it")
    assert list(audit.run()) == []


def test_an_event_of_another_mode_is_ignored():
    post(an_event(livemode=True))

    work()

    assert the_event() == ("ignored", "nothing here depends on it")


def test_an_event_of_another_user_of_the_account_is_ignored(buyer):
    payment = buyer.begin()
    post(an_event())

    work()

    assert the_event() == ("ignored", "not an object of this shop")
    assert Payment.objects.get(pk=payment.pk).status == "pending"


def test_an_attempt_of_ours_that_is_not_here_yet_is_waited_for():
    post(an_event({**INTENT, "metadata": {"shop_payment": "ORD-1-abc"}}))
    event = WebhookEvent.objects.get()

    with pytest.raises(WebhookObjectUnknown):
        services.apply_webhook(event_id=event.pk)

    assert the_event() == ("deferred", "")
    assert not Case.objects.exists()
    assert list(audit.run()) == []


def test_an_attempt_that_never_appears_is_put_before_staff_once():
    post(an_event({**INTENT, "metadata": {"shop_payment": "ORD-1-abc"}}))
    WebhookEvent.objects.update(created_at=Now() - timedelta(minutes=11))

    for _ in range(2):
        services.apply_webhook(event_id=WebhookEvent.objects.get().pk)
    work()

    assert [case.kind for case in Case.objects.all()] == ["unknown_object"]
    assert the_event() == ("deferred", "put before staff")
    assert list(audit.run()) == []


def test_an_event_that_comes_before_the_answer_is_applied(buyer, live_server):
    buyer.stripe.send_webhooks_to("stripe", f"{live_server.url}{WEBHOOKS}")
    buyer.stripe.next("stripe", "before_answer", event="payment_intent.created")

    payment = buyer.begin()
    work()

    assert the_event()[0] == "applied"
    assert payment.status == "pending"
    assert list(audit.run()) == []


def test_an_event_tells_the_name_that_a_lost_answer_did_not(buyer, webhooks):
    buyer.stripe.next("stripe", "error_500_after_recording", method="POST", path="/v1/payment_intents")
    lost = buyer.begin()
    assert (lost.status, lost.provider_reference) == ("created", "")

    webhooks()
    work()

    found = Payment.objects.get(pk=lost.pk)
    assert (found.status, found.provider_reference[:3]) == ("pending", "pi_")
    assert services.start_payment(payment_id=found.pk).type == "stripe_client_secret"


@pytest.mark.parametrize("fault", [("alter_amount", 1), ("alter_currency", "eur")])
def test_what_a_signed_event_says_of_money_is_not_believed(buyer, webhooks, fault):
    kind, value = fault
    buyer.stripe.next("stripe", kind, event="payment_intent.succeeded", value=value)
    payment = buyer.begin()
    buyer.approve(payment)

    webhooks()
    work()

    payment.refresh_from_db()
    assert (payment.status, payment.captured_amount) == ("succeeded", payment.amount)
    assert list(audit.run()) == []


def test_a_success_that_the_provider_does_not_confirm_changes_nothing(buyer):
    payment = buyer.begin()
    about = {"id": payment.provider_reference, "object": "payment_intent", "status": "succeeded", "metadata": {}}
    post(an_event(about))

    work()

    assert Payment.objects.get(pk=payment.pk).status == "pending"
    assert order_of(payment).status == "pending"


def test_while_the_provider_is_down_an_event_waits(buyer, webhooks):
    payment = buyer.begin()
    buyer.approve(payment)
    webhooks()
    buyer.stripe.next("stripe", "error_500", method="GET", times=None)
    work()
    assert Payment.objects.get(pk=payment.pk).status == "pending"
    assert list(audit.run()) == []

    buyer.stripe.control("DELETE", "/faults")
    Delivery.objects.update(due_at=Now())
    work()

    assert Payment.objects.get(pk=payment.pk).status == "succeeded"
    assert list(audit.run()) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_event_fifty_times_at_once_pays_once(buyer):
    payment = buyer.begin()
    buyer.approve(payment)
    webhook = next(one for one in buyer.stripe.webhooks if one.type == "payment_intent.succeeded")

    answers = race(*[lambda: deliver(webhook).status_code] * 50)
    race(*[work] * 4)

    assert answers == [200] * 50
    assert WebhookEvent.objects.count() == 1
    assert OutboxMessage.objects.filter(event_type="orders.OrderConfirmed").count() == 1
    assert order_of(payment).status == "confirmed"
    assert list(audit.run()) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_different_events_of_one_payment_at_once_pay_once(buyer, webhooks):
    payment = buyer.begin()
    buyer.approve(payment)
    buyer.refund_in_the_panel(payment, 1360)
    webhooks()

    race(*[work] * 6)
    race(*[lambda: services.settle_payment(payment_id=payment.pk)] * 10)

    payment.refresh_from_db()
    assert (payment.refunded_amount, payment.refunds.count()) == (payment.amount, 1)
    assert (order_of(payment).status, order_of(payment).refunded_amount) == ("refunded", payment.amount)
    assert list(audit.run()) == []


def test_what_came_while_no_worker_ran_is_all_applied_when_one_runs_again(buyer, webhooks):
    payments = [buyer.begin() for _ in range(5)]
    for payment in payments:
        buyer.approve(payment)

    assert {answer.status_code for answer in webhooks()} == {200}
    assert {order_of(payment).status for payment in payments} == {"pending"}
    work()

    assert {order_of(payment).status for payment in payments} == {"confirmed"}
    assert not WebhookEvent.objects.filter(status="received").exists()
    assert list(audit.run()) == []
