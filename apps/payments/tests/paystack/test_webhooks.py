"""What comes signed with the API key, read by the adapter and acted on by the shop."""

import hashlib
import json
from dataclasses import replace

import pytest
from django.test import Client

from apps.orders.models import OrderStatus
from apps.payments import services
from apps.payments.exceptions import WebhookNotGenuine, WebhookNotUnderstood
from apps.payments.models import Case, Payment, WebhookEvent
from apps.payments.tests.paying import order_of, work
from apps.payments.tests.paystack.asking import read, signed, start

WEBHOOKS = "/api/v1/payments/webhooks/paystack/"


def test_a_success_names_the_transaction_and_our_reference(provider, paystack, paid):
    (webhook,) = paystack.webhooks

    event = read(provider, webhook)

    assert (event.type, event.provider_reference, event.reference) == ("charge.success", paid, paid)
    assert event.key == hashlib.sha256(webhook.body).hexdigest()
    assert not event.is_live


def test_refunds_and_disputes_name_the_transaction(provider, paystack, paid, at, settle):
    settle(at("refund", amount=100)["id"])
    number = at("dispute")["id"]
    paystack.control("POST", f"/paystack/disputes/{number}/resolve")

    events = [read(provider, one) for one in paystack.webhooks[1:5]]

    assert [one.type for one in events] == [
        "refund.pending",
        "refund.processed",
        "charge.dispute.create",
        "charge.dispute.resolve",
    ]
    assert {one.provider_reference for one in events} == {paid}


def test_the_signature_is_that_of_the_published_vector(provider):
    good = (
        "c0ba191687e5af78ab6391f813d5c6ce03c3f86384c26db8d03c44f3d3f17aae"
        "816b202fa46a67e59bf9a15d2b0289249f7a73ae53838f29d1afbc2317076a05"
    )
    body = b'{"event":"charge.success","data":{"id":1}}'
    reader = replace(provider, secret_key="sk_test_abc")

    assert reader.read_webhook(headers={"X-Paystack-Signature": good}, body=body).type == "charge.success"
    for wrong in ("", good[:-1] + "0", good.upper(), "ñ"):
        with pytest.raises(WebhookNotGenuine):
            reader.read_webhook(headers={"X-Paystack-Signature": wrong}, body=body)
    with pytest.raises(WebhookNotGenuine):
        reader.read_webhook(headers={"X-Paystack-Signature": good}, body=body + b" ")
    with pytest.raises(WebhookNotGenuine):
        reader.read_webhook(headers={}, body=body)


def test_a_forged_event_is_not_genuine(provider, paystack, at):
    start(provider)
    paystack.next("paystack", "forge")
    at("approve")

    with pytest.raises(WebhookNotGenuine):
        read(provider, paystack.webhooks[0])


NONSENSE = [b"", b"[]", b"{}", b'{"event": 7}', b"\xff", b'{"event": "\\u0000"}', b'{"event": ""}']


@pytest.mark.django_db
@pytest.mark.parametrize("body", NONSENSE)
def test_signed_nonsense_is_kept_and_put_before_staff(provider, body):
    answer = Client().post(WEBHOOKS, data=body, content_type="application/json", headers=signed(body))

    event = WebhookEvent.objects.get()
    assert (answer.status_code, bytes(event.raw_body)) == (200, body)
    assert event.verdict.startswith("not understood: ")
    assert Case.objects.get().kind == "unknown_object"


@pytest.mark.parametrize("body", NONSENSE[:5])
def test_signed_nonsense_is_not_understood(provider, body):
    with pytest.raises(WebhookNotUnderstood):
        provider.read_webhook(headers=signed(body), body=body)


@pytest.mark.parametrize("kind", ["transfer.success", "invoice.create", "preauthorization.capture.success", "new"])
def test_every_other_event_is_kept_and_acted_on_by_nobody(provider, kind):
    body = json.dumps({"event": kind, "data": {"reference": "x", "domain": "test"}}).encode()

    event = provider.read_webhook(headers=signed(body), body=body)

    assert (event.type, event.provider_reference) == (kind, "")


@pytest.mark.parametrize("data", [None, 0, [], {}, {"transaction": "x"}, {"reference": None}, {"metadata": 0}])
@pytest.mark.parametrize("kind", ["charge.success", "refund.failed", "charge.dispute.create"])
def test_a_genuine_event_of_odd_shape_is_kept(provider, kind, data):
    body = json.dumps({"event": kind, "data": data}).encode()

    assert provider.read_webhook(headers=signed(body), body=body).provider_reference == ""


def test_an_event_of_the_other_world_is_nothing_to_act_on(provider):
    body = b'{"event":"charge.success","data":{"domain":"live","reference":"ORD-1-k3"}}'

    event = provider.read_webhook(headers=signed(body), body=body)

    assert (event.provider_reference, event.is_live) == ("", True)


@pytest.mark.parametrize(
    ("metadata", "reference"),
    [
        ({"shop_payment": "A"}, "A"),
        ('{"shop_payment": "A"}', "A"),
        ("", ""),
        ("0", ""),
        (0, ""),
        (None, ""),
        ({"shop_payment": None}, ""),
        ([], ""),
    ],
)
def test_our_reference_is_found_in_metadata_of_any_shape(provider, metadata, reference):
    body = json.dumps({"event": "charge.success", "data": {"reference": "A", "metadata": metadata}}).encode()

    assert provider.read_webhook(headers=signed(body), body=body).reference == reference


@pytest.fixture
def payment(paystack, buyer):
    return buyer.begin(provider="paystack")


def approve(paystack, payment):
    return paystack.control("POST", f"/paystack/transactions/{payment.reference}/approve")


def deliver(webhook):
    name = "x-paystack-signature"
    headers = {name: webhook.headers[name]}
    return Client().post(WEBHOOKS, data=webhook.body, content_type="application/json", headers=headers)


def test_an_order_is_paid_once_by_however_many_webhooks(paystack, payment):
    approve(paystack, payment)
    (webhook,) = paystack.webhooks

    assert [deliver(webhook).status_code for _ in range(3)] == [200, 200, 200]
    work()

    assert WebhookEvent.objects.count() == 1
    assert order_of(payment).status == OrderStatus.CONFIRMED
    assert order_of(payment).balance.amount == 0


def test_a_webhook_that_says_another_amount_changes_nothing_for_the_truth_is_asked(paystack, payment):
    paystack.next("paystack", "alter_amount", value=1)
    approve(paystack, payment)

    deliver(paystack.webhooks[0])
    work()

    assert Payment.objects.get(pk=payment.pk).captured == payment.money


def test_a_forged_webhook_is_refused_and_kept_nowhere(paystack, payment):
    paystack.next("paystack", "forge")
    approve(paystack, payment)

    assert deliver(paystack.webhooks[0]).status_code == 400
    assert not WebhookEvent.objects.exists()


def test_another_amount_or_currency_pays_no_order(paystack, payment):
    approve(paystack, payment)
    paystack.control("POST", f"/paystack/transactions/{payment.reference}", {"currency": "NGN"})

    assert services.settle_payment(payment_id=payment.pk).status == "needs_review"
    assert order_of(payment).status != OrderStatus.CONFIRMED
