"""PayPal's adapter at the wire: beginning, capturing, giving up, and what it can express."""

import json
from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.payments.exceptions import PaymentDeclined, ProviderNotOffered, ProviderRejected, ProviderUnavailable
from apps.payments.providers import ProviderStatus, get_provider
from apps.payments.providers.paypal.adapter import to_value
from apps.payments.tests.by_paypal import (
    AWAY,
    BACK,
    NOTHING,
    ORDERS,
    PRICE,
    approved,
    at,
    calls,
    connected,
    paid,
    start,
)

FEE = Money(Decimal("0.96"), "USD")  # 3.49 percent and 49 cents


@pytest.fixture
def provider(paypal):
    return connected()


def test_makes_an_order_under_our_reference_and_sends_the_customer_to_paypal(provider, paypal):
    begun = start(provider)

    (sent,) = calls(paypal)
    body = json.loads(sent["body"])
    (unit,) = body["purchase_units"]
    assert body["intent"] == "CAPTURE"
    assert unit["amount"] == {"currency_code": "USD", "value": "13.60"}
    assert (unit["custom_id"], unit["invoice_id"]) == ("shop_payment.ORD-1-k3", "ORD-1-k3")
    assert (sent["headers"]["paypal-request-id"], sent["headers"]["prefer"]) == ("ORD-1-k3", "return=representation")
    experience = body["payment_source"]["paypal"]["experience_context"]
    assert (experience["return_url"], experience["cancel_url"]) == (BACK, AWAY)
    assert (begun.status, begun.captured) == (ProviderStatus.PENDING, NOTHING)
    page = f"{paypal.paypal_base}/checkoutnow?token={begun.provider_reference}"
    assert begun.next_action.as_json() == {"type": "redirect", "url": page}


def test_an_order_of_the_old_form_has_its_page_under_another_name(provider, paypal):
    begun = start(provider)
    at(paypal, f"orders/{begun.provider_reference}", status="CREATED")

    assert provider.fetch(begun.provider_reference).next_action == begun.next_action


def test_a_repeat_finds_the_same_order(provider, paypal):
    assert start(provider) == start(provider)
    assert [one["status"] for one in calls(paypal)] == [201, 200]


def test_an_order_that_the_customer_has_not_seen_is_pending(provider, paypal):
    begun = start(provider)

    assert provider.fetch(begun.provider_reference).status == ProviderStatus.PENDING


def test_an_approved_order_is_not_paid_yet(provider, paypal):
    truth = provider.fetch(approved(provider, paypal))

    assert (truth.status, truth.captured, truth.fee) == (ProviderStatus.AUTHORISED, NOTHING, None)
    assert truth.next_action.type == "none"


def test_captures_what_was_approved_and_knows_the_capture_and_the_fee(provider, paypal):
    name = approved(provider, paypal)

    captured = provider.capture(name, key="k3")

    (sent,) = calls(paypal, f"{ORDERS}/{name}/capture")
    assert (sent["headers"]["paypal-request-id"], sent["body"]) == ("cap:k3", "{}")
    assert (captured.status, captured.captured, captured.fee) == (ProviderStatus.SUCCEEDED, PRICE, FEE)
    assert len(captured.capture_reference) == 17
    assert captured.capture_reference != name
    assert provider.fetch(name) == captured


def test_capturing_twice_takes_the_money_once(provider, paypal):
    name = approved(provider, paypal)

    assert provider.capture(name, key="k3") == provider.capture(name, key="k3")


def test_where_another_path_has_captured_the_order_is_the_answer(provider, paypal):
    captured = paid(provider, paypal)

    again = provider.capture(captured.provider_reference, key="another-key")

    assert again == captured
    assert calls(paypal, f"{ORDERS}/{again.provider_reference}/capture")[-1]["status"] == 422


def test_nothing_is_taken_before_the_customer_agrees(provider, paypal):
    begun = start(provider)

    truth = provider.capture(begun.provider_reference, key="k3")

    assert (truth.status, truth.captured) == (ProviderStatus.PENDING, NOTHING)
    assert truth.next_action == begun.next_action


def test_an_order_that_has_expired_is_over(provider, paypal):
    name = approved(provider, paypal)
    at(paypal, f"orders/{name}/expire")

    assert provider.capture(name, key="k3").status == ProviderStatus.CANCELLED


def test_a_declined_instrument_is_a_decline_and_the_order_may_be_approved_again(provider, paypal):
    name = approved(provider, paypal, instrument_declined=True)

    with pytest.raises(PaymentDeclined) as declined:
        provider.capture(name, key="k3")

    assert declined.value.failure_code == "INSTRUMENT_DECLINED"
    again = provider.fetch(name)
    assert (again.status, again.next_action.type) == (ProviderStatus.PENDING, "redirect")
    paypal.approve(name, "paypal")
    assert provider.capture(name, key="k3").status == ProviderStatus.SUCCEEDED


@pytest.mark.parametrize("issue", ["PAYER_CANNOT_PAY", "TRANSACTION_REFUSED"])
def test_whatever_the_customer_must_mend_is_a_decline(provider, paypal, issue):
    name = approved(provider, paypal)
    provider.api.http.headers["PayPal-Mock-Response"] = json.dumps({"mock_application_codes": issue})
    try:
        with pytest.raises(PaymentDeclined) as declined:
            provider.capture(name, key="k3")
    finally:
        del provider.api.http.headers["PayPal-Mock-Response"]

    assert declined.value.failure_code == issue


@pytest.mark.parametrize(
    ("issue", "raised"),
    [
        ("ORDER_COMPLETION_IN_PROGRESS", ProviderUnavailable),
        ("PAYEE_ACCOUNT_RESTRICTED", ProviderRejected),
        ("DUPLICATE_INVOICE_ID", ProviderRejected),
    ],
)
def test_other_refusals_of_a_capture_are_not_the_customers_fault(provider, paypal, issue, raised):
    name = approved(provider, paypal)
    provider.api.http.headers["PayPal-Mock-Response"] = json.dumps({"mock_application_codes": issue})
    try:
        with pytest.raises(raised):
            provider.capture(name, key="k3")
    finally:
        del provider.api.http.headers["PayPal-Mock-Response"]

    assert provider.fetch(name).captured == NOTHING


def test_a_pending_capture_is_not_paid_until_it_completes(provider, paypal):
    paypal.control("PUT", "/paypal/manner", {"capture_pending": "PENDING_REVIEW"})
    pending = paid(provider, paypal)
    assert (pending.status, pending.captured, pending.fee) == (ProviderStatus.PROCESSING, NOTHING, None)

    at(paypal, f"captures/{pending.capture_reference}/settle", status="COMPLETED")

    settled = provider.fetch(pending.provider_reference)
    assert (settled.status, settled.captured, settled.fee) == (ProviderStatus.SUCCEEDED, PRICE, FEE)


def test_a_pending_capture_that_is_declined_has_failed(provider, paypal):
    paypal.control("PUT", "/paypal/manner", {"capture_pending": "ECHECK"})
    pending = paid(provider, paypal)

    at(paypal, f"captures/{pending.capture_reference}/settle", status="DECLINED")

    failed = provider.fetch(pending.provider_reference)
    assert (failed.status, failed.captured, failed.failure_code) == (ProviderStatus.FAILED, NOTHING, "DECLINED")


@pytest.mark.parametrize("agrees", [False, True])
def test_a_void_calls_nothing_and_says_that_the_attempt_is_over(provider, paypal, agrees):
    name = approved(provider, paypal) if agrees else start(provider).provider_reference
    before = len(calls(paypal))

    given_up = provider.void(name)

    assert (given_up.status, given_up.captured, given_up.next_action.type) == (
        ProviderStatus.CANCELLED,
        NOTHING,
        "none",
    )
    assert len(calls(paypal)) == before


def test_a_void_that_came_too_late_tells_of_the_success(provider, paypal):
    captured = paid(provider, paypal)

    assert provider.void(captured.provider_reference) == captured


def test_a_void_leaves_alone_what_paypal_still_looks_at(provider, paypal):
    paypal.control("PUT", "/paypal/manner", {"capture_pending": "PENDING_REVIEW"})

    assert provider.void(paid(provider, paypal).provider_reference).status == ProviderStatus.PROCESSING


def test_an_order_that_paypal_voided_is_over(provider, paypal):
    begun = start(provider)
    at(paypal, f"orders/{begun.provider_reference}", status="VOIDED")

    assert provider.fetch(begun.provider_reference).status == ProviderStatus.CANCELLED


def test_what_is_kept_of_an_answer_names_neither_the_payer_nor_a_page_that_pays(provider, paypal):
    name = paid(provider, paypal).provider_reference
    provider.refund(name, amount=PRICE, key="refund-1")

    kept = provider.fetch(name).answer

    assert kept.keys() == {"id", "status", "intent", "create_time", "update_time", "captures", "refunds"}
    assert kept["captures"][0]["amount"] == {"currency_code": "USD", "value": "13.60"}
    assert not {word for word in ("ada@", "Lovelace", "http", "token") if word in json.dumps(kept)}


@pytest.mark.parametrize(
    ("amount", "currency", "value"),
    [
        ("13.6", "USD", "13.60"),
        ("13.6000", "USD", "13.60"),
        ("0.01", "EUR", "0.01"),
        ("1234", "JPY", "1234"),
        ("1234.0000", "HUF", "1234"),
        ("1234", "TWD", "1234"),
        ("1000000", "USD", "1000000.00"),
    ],
)
def test_writes_amounts_as_paypal_does_and_reads_them_back(provider, amount, currency, value):
    money = Money(Decimal(amount), currency)

    assert to_value(money) == value
    if currency in provider.currencies:
        begun = start(provider, f"ORD-{currency}-{amount}", money)
        assert begun.captured == Money(Decimal(0), currency)


@pytest.mark.parametrize(("amount", "currency"), [("12.345", "USD"), ("10.5", "JPY"), ("99.95", "HUF"), ("1", "VES")])
def test_what_paypal_cannot_express_is_never_rounded(amount, currency):
    with pytest.raises(ValueError, match="cannot express"):
        to_value(Money(Decimal(amount), currency))


@pytest.mark.parametrize(
    ("amount", "currency", "taken"),
    [
        ("13.60", "USD", True),
        ("1234", "HUF", True),
        ("1234.50", "HUF", False),
        ("0", "USD", False),
        ("13.605", "USD", False),
        ("13.60", "GBP", False),
        ("13.60", "VES", False),
    ],
)
def test_takes_what_the_shop_configured_and_paypal_can_carry(provider, amount, currency, taken):
    assert provider.takes(Money(Decimal(amount), currency)) is taken


@pytest.mark.parametrize("currency", ["JPY", "HUF"])
def test_a_currency_without_decimals_is_captured_and_given_back_whole(provider, paypal, currency):
    price = Money(Decimal(1300), currency)
    name = start(provider, amount=price).provider_reference
    paypal.approve(name, "paypal")

    assert provider.capture(name, key="k3").captured == price
    assert provider.refund(name, amount=Money(Decimal(1), currency), key="refund-1").amount.amount == 1


def test_it_is_offered_once_there_are_credentials_and_only_where_the_shop_wants_it(paypal, settings):
    settings.PAYPAL_COUNTRIES = ["VE", "ES"]
    assert get_provider("paypal").countries == {"VE", "ES"}

    settings.PAYPAL_CLIENT_SECRET = ""
    with pytest.raises(ProviderNotOffered):
        get_provider("paypal")
