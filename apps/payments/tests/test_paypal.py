"""The adapter at the wire: what it sends, what it understands, and what it makes of a bad day."""

import json
import time
from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.payments.exceptions import PaymentDeclined, ProviderNotOffered, ProviderRejected, ProviderUnavailable
from apps.payments.providers import ProviderStatus, get_provider
from apps.payments.providers.base import DisputeStatus
from apps.payments.providers.paypal.adapter import to_value
from tests.racing import race

PRICE = Money(Decimal("13.60"), "USD")
NOTHING = Money(Decimal(0), "USD")
FEE = Money(Decimal("0.96"), "USD")  # 3.49 percent and 49 cents
BACK, AWAY = "https://shop.example/back", "https://shop.example/away"
ORDERS = "/v2/checkout/orders"
BEFORE = {"error_500", "conflict_409", "rate_limit_429", "reset"}  # faults that come before anything is done


@pytest.fixture
def provider(paypal):
    provider = get_provider("paypal")
    provider.api._live_token()
    return provider


def start(provider, reference="ORD-1-k3", amount=PRICE):
    return provider.start(
        reference=reference, amount=amount, email="ada@example.test", return_url=BACK, cancel_url=AWAY
    )


def approved(provider, paypal, **wishes):
    begun = start(provider)
    paypal.approve(begun.provider_reference, "paypal", **wishes)
    return begun.provider_reference


def paid(provider, paypal):
    return provider.capture(approved(provider, paypal), key="k3")


def calls(paypal, path=ORDERS, method="POST"):
    return [one for one in paypal.requests("paypal") if one["path"].startswith(path) and one["method"] == method]


def at(paypal, path, **wishes):
    """What PayPal, its customers or its panel do past our back."""
    return paypal.control("POST", f"/paypal/{path}", wishes)


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


def test_a_refund_repeats_under_its_key_and_is_found_in_the_list(provider, paypal):
    name = paid(provider, paypal).provider_reference
    part = Money(Decimal("3.60"), "USD")

    refunds = [provider.refund(name, amount=part, key="refund-1") for _ in range(2)]

    assert refunds[0] == refunds[1]
    assert (refunds[0].amount, refunds[0].status, refunds[0].key) == (part, ProviderStatus.SUCCEEDED, "refund-1")
    assert provider.list_refunds(name) == [refunds[0]]
    truth = provider.fetch(name)
    assert (truth.status, truth.captured, truth.refunds) == (ProviderStatus.SUCCEEDED, PRICE, [refunds[0]])


def test_two_refunds_of_the_same_amount_are_two(provider, paypal):
    name = paid(provider, paypal).provider_reference

    for key in ("refund-1", "refund-2"):
        provider.refund(name, amount=Money(Decimal("6.80"), "USD"), key=key)

    assert [one.key for one in provider.list_refunds(name)] == ["refund-1", "refund-2"]
    assert provider.fetch(name).status == ProviderStatus.SUCCEEDED


def test_a_refund_made_in_the_panel_has_no_key_of_ours(provider, paypal):
    captured = paid(provider, paypal)
    at(paypal, f"captures/{captured.capture_reference}/refund", amount={"currency_code": "USD", "value": "1.00"})

    (refund,) = provider.list_refunds(captured.provider_reference)

    assert (refund.key, refund.amount) == ("", Money(Decimal("1.00"), "USD"))


@pytest.mark.parametrize(
    ("settled", "status", "message"),
    [("COMPLETED", ProviderStatus.SUCCEEDED, ""), ("FAILED", ProviderStatus.FAILED, "FAILED")],
)
def test_a_refund_may_take_its_time(provider, paypal, settled, status, message):
    paypal.control("PUT", "/paypal/manner", {"refund_pending": True})
    name = paid(provider, paypal).provider_reference
    pending = provider.refund(name, amount=PRICE, key="refund-1")
    assert pending.status == ProviderStatus.PROCESSING

    at(paypal, f"refunds/{pending.provider_reference}/settle", status=settled)

    (refund,) = provider.list_refunds(name)
    assert (refund.status, refund.failure_message) == (status, message)


def test_a_refund_of_more_than_is_left_is_rejected(provider, paypal):
    name = paid(provider, paypal).provider_reference

    with pytest.raises(ProviderRejected) as refusal:
        provider.refund(name, amount=Money(Decimal("13.61"), "USD"), key="refund-1")

    assert refusal.value.reason == "REFUND_AMOUNT_EXCEEDED"
    assert provider.list_refunds(name) == []


def test_nothing_is_given_back_that_was_not_taken(provider, paypal):
    name = approved(provider, paypal)

    with pytest.raises(ProviderRejected, match="NOTHING_CAPTURED"):
        provider.refund(name, amount=PRICE, key="refund-1")


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("RESOLVED_BUYER_FAVOUR", DisputeStatus.LOST),
        ("ACCEPTED", DisputeStatus.LOST),
        ("RESOLVED_SELLER_FAVOUR", DisputeStatus.WON),
        ("RESOLVED_WITH_PAYOUT", DisputeStatus.WON),
        ("CANCELED_BY_BUYER", DisputeStatus.WON),
    ],
)
def test_a_dispute_is_told_with_its_end(provider, paypal, outcome, status):
    captured = paid(provider, paypal)
    opened = at(paypal, f"captures/{captured.capture_reference}/dispute", reason="UNAUTHORISED")

    (dispute,) = provider.fetch(captured.provider_reference).disputes
    assert (dispute.provider_reference, dispute.amount) == (opened["dispute_id"], PRICE)
    assert (dispute.status, dispute.reason) == (DisputeStatus.OPEN, "UNAUTHORISED")
    assert dispute.respond_by is not None

    at(paypal, f"disputes/{opened['dispute_id']}/resolve", outcome=outcome)

    (dispute,) = provider.fetch(captured.provider_reference).disputes
    assert (dispute.status, dispute.respond_by) == (status, None)


def test_money_that_is_held_for_a_complaint_was_taken_all_the_same(provider, paypal):
    captured = paid(provider, paypal)
    at(paypal, f"captures/{captured.capture_reference}/dispute")
    at(paypal, f"captures/{captured.capture_reference}", status="PENDING")

    truth = provider.fetch(captured.provider_reference)

    assert (truth.status, truth.captured, len(truth.disputes)) == (ProviderStatus.SUCCEEDED, PRICE, 1)


def test_without_a_complaint_nobody_asks_for_disputes(provider, paypal):
    paid(provider, paypal)

    assert calls(paypal, "/v1/customer/disputes", "GET") == []


def test_what_is_kept_of_an_answer_names_neither_the_payer_nor_a_page_that_pays(provider, paypal):
    name = paid(provider, paypal).provider_reference
    provider.refund(name, amount=PRICE, key="refund-1")

    kept = provider.fetch(name).answer

    assert kept.keys() == {"id", "status", "intent", "create_time", "update_time", "captures", "refunds"}
    assert kept["captures"][0]["amount"] == {"currency_code": "USD", "value": "13.60"}
    assert not {word for word in ("ada@", "Lovelace", "http", "token") if word in json.dumps(kept)}


FAULTS = [
    "error_500",
    "error_500_after_recording",
    "conflict_409",
    "rate_limit_429",
    "hang_after_recording",
    "reset",
    "reset_after_recording",
    "malformed_json",
]


@pytest.mark.parametrize("fault", FAULTS)
def test_when_nobody_knows_whether_it_began_it_says_so_and_a_repeat_finds_what_was_made(provider, paypal, fault):
    paypal.next("paypal", fault, path=ORDERS)

    with pytest.raises(ProviderUnavailable):
        start(provider)
    assert len(calls(paypal)) == 1

    begun = start(provider)
    assert calls(paypal)[1]["status"] == (201 if fault in BEFORE else 200)
    assert begun.status == ProviderStatus.PENDING


@pytest.mark.parametrize("fault", FAULTS)
def test_when_nobody_knows_whether_it_was_captured_it_says_so_and_a_repeat_takes_no_more(provider, paypal, fault):
    name = approved(provider, paypal)
    paypal.next("paypal", fault, path=f"{ORDERS}/{name}/capture")

    with pytest.raises(ProviderUnavailable):
        provider.capture(name, key="k3")

    known = provider.fetch(name).status
    assert known == (ProviderStatus.AUTHORISED if fault in BEFORE else ProviderStatus.SUCCEEDED)
    assert provider.capture(name, key="k3").captured == PRICE


@pytest.mark.parametrize("fault", FAULTS)
def test_when_nobody_knows_whether_it_was_given_back_a_repeat_gives_no_more(provider, paypal, fault):
    name = paid(provider, paypal).provider_reference
    paypal.next("paypal", fault, path="/v2/payments/captures")

    with pytest.raises(ProviderUnavailable):
        provider.refund(name, amount=PRICE, key="refund-1")

    assert len(provider.list_refunds(name)) == (0 if fault in BEFORE else 1)
    provider.refund(name, amount=PRICE, key="refund-1")
    assert [one.key for one in provider.list_refunds(name)] == ["refund-1"]


def test_two_captures_at_once_under_one_key_take_the_money_once(provider, paypal):
    name = approved(provider, paypal)
    paypal.next("paypal", "slow", path=f"{ORDERS}/{name}/capture", seconds=0.3)
    refused = []

    def capture():
        try:
            return provider.capture(name, key="k3")
        except ProviderUnavailable as unavailable:  # PREVIOUS_REQUEST_IN_PROGRESS
            return refused.append(unavailable)

    answers = race(capture, capture)

    assert len(refused) == 1
    (captured,) = [one for one in answers if one]
    assert provider.fetch(name) == captured


def test_an_order_that_is_not_there_is_rejected(provider):
    with pytest.raises(ProviderRejected) as refusal:
        provider.fetch("5O190127TN364715T")

    assert refusal.value.reason == "INVALID_RESOURCE_ID"
    assert "debug id" in str(refusal.value)


def test_a_token_is_used_until_it_ends(provider, paypal):
    start(provider)
    start(provider, "ORD-2-x")

    assert len(calls(paypal, "/v1/oauth2/token")) <= 1


def test_a_token_is_renewed_a_minute_before_it_ends(provider, paypal):
    left = provider.api._token_ends - time.monotonic()
    assert 32_000 < left <= 32_400 - 60
    provider.api._token_ends = time.monotonic() - 1

    start(provider)

    assert [one["status"] for one in calls(paypal, "/v1/oauth2/token")][-1:] == [200]
    assert [one["status"] for one in calls(paypal)] == [201]


def test_a_token_that_paypal_knows_no_more_is_renewed_once(provider, paypal):
    paypal.control("DELETE", "/paypal/tokens")

    start(provider)

    assert [one["status"] for one in calls(paypal)] == [401, 201]


def test_credentials_that_paypal_does_not_know_are_our_mistake(paypal, settings):
    settings.PAYPAL_CLIENT_SECRET = "wrong"

    with pytest.raises(ProviderRejected) as refusal:
        start(get_provider("paypal"))

    assert refusal.value.reason == "invalid_client"
    assert calls(paypal) == []


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
