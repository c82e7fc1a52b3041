"""PayPal's events: which are believed, and what they name."""

import json
import zlib

import pytest
from django.test import Client

from apps.payments.exceptions import WebhookNotGenuine, WebhookNotUnderstood
from apps.payments.models import WebhookEvent
from apps.payments.providers import get_provider
from apps.payments.providers.paypal.webhooks import signed_text
from apps.payments.tests.by_paypal import PRICE, at, start


@pytest.fixture
def provider(paypal):
    return get_provider("paypal")


@pytest.fixture
def name(provider, paypal):
    """An order that the customer has approved."""
    begun = start(provider)
    paypal.approve(begun.provider_reference, "paypal")
    return begun.provider_reference


@pytest.fixture
def webhook(paypal, name):
    return paypal.webhooks[0]


def read(provider, webhook, body=None, **changes):
    headers = webhook.headers | {key.replace("_", "-"): value for key, value in changes.items()}
    return provider.read_webhook(headers=headers, body=webhook.body if body is None else body)


def of_type(paypal, event_type):
    return next(one for one in paypal.webhooks if one.type == event_type)


def certificates_asked_for(paypal):
    return [one for one in paypal.requests("paypal") if "/certs/CERT-" in one["path"]]


def test_the_checksum_is_that_of_the_published_vector():
    body = b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}'

    assert zlib.crc32(body) == 2325436976
    assert signed_text("t-1", "2026-11-21T10:00:00Z", "WH-7", body) == b"t-1|2026-11-21T10:00:00Z|WH-7|2325436976"


def test_an_approval_names_the_order_and_our_reference(provider, name, webhook):
    event = read(provider, webhook)

    assert (event.type, event.provider_reference, event.reference) == ("CHECKOUT.ORDER.APPROVED", name, "ORD-1-k3")
    assert event.key == json.loads(webhook.body)["id"]
    assert (event.capture_reference, event.api_version, event.is_live) == ("", "2.0", False)


def test_a_capture_names_itself_its_order_and_our_reference(provider, paypal, name):
    captured = provider.capture(name, key="k3")

    event = read(provider, of_type(paypal, "PAYMENT.CAPTURE.COMPLETED"))

    assert (event.provider_reference, event.capture_reference) == (name, captured.capture_reference)
    assert event.reference == "ORD-1-k3"


@pytest.mark.parametrize(("how", "said"), [("refund", "REFUNDED"), ("reverse", "REVERSED")])
def test_what_was_given_back_names_the_capture_and_no_reference(provider, paypal, name, how, said):
    captured = provider.capture(name, key="k3")
    at(paypal, f"captures/{captured.capture_reference}/{how}")

    event = read(provider, of_type(paypal, f"PAYMENT.CAPTURE.{said}"))

    assert (event.provider_reference, event.capture_reference) == ("", captured.capture_reference)
    assert event.reference == ""


def test_a_refund_that_failed_names_the_capture(provider, paypal, name):
    paypal.control("PUT", "/paypal/manner", {"refund_pending": True})
    captured = provider.capture(name, key="k3")
    refund = provider.refund(name, amount=PRICE, key="refund-1")
    at(paypal, f"refunds/{refund.provider_reference}/settle", status="FAILED")

    event = read(provider, of_type(paypal, "PAYMENT.REFUND.FAILED"))

    assert event.capture_reference == captured.capture_reference


def test_a_dispute_names_the_capture_and_our_reference(provider, paypal, name):
    captured = provider.capture(name, key="k3")
    at(paypal, f"captures/{captured.capture_reference}/dispute")

    event = read(provider, of_type(paypal, "CUSTOMER.DISPUTE.CREATED"))

    assert (event.capture_reference, event.reference) == (captured.capture_reference, "ORD-1-k3")


def test_an_object_of_another_user_of_the_account_has_no_reference_of_ours(provider, paypal, name):
    order = paypal.control("POST", f"/paypal/orders/{name}/decline")
    unit = order["purchase_units"][0] | {"custom_id": "order 7 of somebody else"}
    at(paypal, f"orders/{name}", purchase_units=[unit], status="PAYER_ACTION_REQUIRED")
    paypal.approve(name, "paypal")

    assert read(provider, paypal.webhooks[-1]).reference == ""


def test_events_of_other_kinds_name_nothing_that_we_act_on(provider, paypal, webhook):
    event = json.loads(webhook.body) | {"event_type": "VAULT.PAYMENT-TOKEN.CREATED"}
    body = json.dumps(event).encode()

    read_event = provider.read_webhook(headers=signed_again(paypal, body), body=body)

    assert (read_event.type, read_event.provider_reference) == ("VAULT.PAYMENT-TOKEN.CREATED", "")


def test_the_certificate_is_fetched_once(provider, paypal, name):
    provider.capture(name, key="k3")

    for webhook in paypal.webhooks:
        read(provider, webhook)

    assert len(paypal.webhooks) == 3
    assert len(certificates_asked_for(paypal)) == 1


def test_the_bytes_count_and_not_what_they_mean(provider, webhook):
    for body in (webhook.body + b" ", json.dumps(json.loads(webhook.body)).encode(), b""):
        with pytest.raises(WebhookNotGenuine):
            read(provider, webhook, body=body)


@pytest.mark.parametrize(
    "changes",
    [
        {"PAYPAL_TRANSMISSION_ID": "another"},
        {"PAYPAL_TRANSMISSION_TIME": "2026-11-21T10:00:00Z"},
        {"PAYPAL_TRANSMISSION_SIG": "AAAA"},
        {"PAYPAL_TRANSMISSION_SIG": "not base64!"},
        {"PAYPAL_TRANSMISSION_SIG": ""},
        {"PAYPAL_TRANSMISSION_ID": ""},
        {"PAYPAL_AUTH_ALGO": "SHA1withRSA"},
        {"PAYPAL_AUTH_ALGO": "none"},
    ],
)
def test_a_signature_of_something_else_is_refused(provider, webhook, changes):
    with pytest.raises(WebhookNotGenuine):
        read(provider, webhook, **changes)


def test_without_any_signature_it_is_refused(provider, webhook):
    with pytest.raises(WebhookNotGenuine):
        provider.read_webhook(headers={}, body=webhook.body)


def test_an_event_for_another_webhook_address_is_refused(provider, paypal, settings, webhook):
    settings.PAYPAL_WEBHOOK_ID = "WH-ANOTHER"
    with pytest.raises(WebhookNotGenuine):
        read(get_provider("paypal"), webhook)

    settings.PAYPAL_WEBHOOK_ID = ""
    with pytest.raises(WebhookNotGenuine):
        read(get_provider("paypal"), webhook)


def test_a_forged_event_is_refused(provider, paypal, name):
    paypal.next("paypal", "forge", event="PAYMENT.CAPTURE")
    provider.capture(name, key="k3")

    with pytest.raises(WebhookNotGenuine, match="signature"):
        read(provider, of_type(paypal, "PAYMENT.CAPTURE.COMPLETED"))


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/cert.pem",
        "https://api.paypal.com.evil.example/cert.pem",
        "https://api.paypal.com@evil.example/cert.pem",
        "https://api.paypal.com:8443/cert.pem",
        "http://api.paypal.com/cert.pem",
        "https://evilapi.paypal.com/cert.pem",
        "file:///etc/ssl/cert.pem",
        "//api.paypal.com/cert.pem",
        "",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(provider, webhook, settings, address):
    settings.PAYPAL_CERT_ORIGINS = ["https://api.paypal.com", "https://api-m.paypal.com"]

    with pytest.raises(WebhookNotGenuine, match="address"):
        read(get_provider("paypal"), webhook, PAYPAL_CERT_URL=address)


@pytest.mark.parametrize("flaw", ["expired", "stranger", "not_paypal"])
def test_a_certificate_that_nobody_should_believe_is_not_believed(provider, paypal, name, flaw):
    paypal.control("POST", "/paypal/certificate", {"flaw": flaw})
    provider.capture(name, key="k3")

    with pytest.raises(WebhookNotGenuine, match="certificate"):
        read(provider, of_type(paypal, "PAYMENT.CAPTURE.COMPLETED"))

    paypal.control("POST", "/paypal/certificate")
    (again,) = [one for one in paypal.control("GET", "/paypal/events") if one["event_type"].startswith("PAYMENT")]
    paypal.control("POST", f"/paypal/events/{again['id']}/send")
    assert read(provider, paypal.wait_until(lambda: paypal.webhooks[3:])[0]).key == again["id"]


def test_the_public_authorities_do_not_vouch_for_the_sandbox(provider, settings, webhook):
    settings.PAYPAL_CA_FILE = ""

    with pytest.raises(WebhookNotGenuine, match="vouches"):
        read(get_provider("paypal"), webhook)


@pytest.mark.parametrize("fault", ["error_500", "reset", "malformed_json"])
def test_while_the_certificate_cannot_be_had_the_event_is_refused_and_later_taken(provider, paypal, name, fault):
    paypal.control("POST", "/paypal/certificate")
    provider.capture(name, key="k3")
    webhook = of_type(paypal, "PAYMENT.CAPTURE.COMPLETED")
    paypal.next("paypal", fault, path="/v1/notifications/certs")

    with pytest.raises(WebhookNotGenuine, match="certificate"):
        read(provider, webhook)

    assert read(provider, webhook).type == "PAYMENT.CAPTURE.COMPLETED"


def test_the_address_of_a_certificate_is_not_left_for_another(provider, paypal, webhook):
    """The sandbox sends the reader of this address elsewhere; nobody follows."""
    away = f"{paypal.paypal_base}/v1/notifications/certs/elsewhere"

    with pytest.raises(WebhookNotGenuine, match="certificate"):
        read(provider, webhook, PAYPAL_CERT_URL=away)

    assert [one["status"] for one in paypal.requests("paypal") if "/certs/elsewhere" in one["path"]] == [302]


NONSENSE = {
    "not json": b"{not json",
    "a list": b"[]",
    "no resource": b'{"id": "WH-1", "event_type": "X"}',
    "only a resource": b'{"resource": {}}',
    "units are a word": b'{"id": "WH-1", "event_type": "CHECKOUT.ORDER.APPROVED", "resource": {"purchase_units": "x"}}',
    "no address in a link": b'{"id": "WH-1", "event_type": "PAYMENT.REFUND.X", "resource": {"links": [{"rel": "up"}]}}',
}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_a_signed_body_that_is_no_event_is_not_understood(provider, paypal, webhook, body):
    with pytest.raises(WebhookNotUnderstood):
        provider.read_webhook(headers=signed_again(paypal, body), body=body)


@pytest.mark.django_db
def test_the_shop_keeps_what_is_genuine_and_refuses_what_is_not(provider, webhook):
    def post(headers):
        url = "/api/v1/payments/webhooks/paypal/"
        return Client().post(url, data=webhook.body, content_type="application/json", headers=headers)

    signed = {key: value for key, value in webhook.headers.items() if key.startswith("PAYPAL-")}
    refused = post(signed | {"PAYPAL-AUTH-ALGO": "none"})
    assert (refused.status_code, refused.json()["code"]) == (400, "webhook-not-genuine")
    assert not WebhookEvent.objects.exists()

    assert [post(signed).status_code for _ in range(2)] == [200, 200]
    kept = WebhookEvent.objects.get()
    assert (kept.event_type, kept.reference) == ("CHECKOUT.ORDER.APPROVED", "ORD-1-k3")


def signed_again(paypal, body):
    """The headers that PayPal would send with these bytes."""
    return paypal.control("POST", "/paypal/sign", {"body": body.decode()})
