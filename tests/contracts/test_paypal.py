"""What the adapter asks of PayPal and what the sandbox says in its name have PayPal's published shapes."""

import json
from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.payments.providers import get_provider
from apps.payments.tests.conftest import paypal
from sandbox.testing import plain_http
from tests.contracts import paypal_schema
from tests.contracts.paypal_schema import DISPUTES, ORDERS, PAYMENTS, problems

pytestmark = pytest.mark.skipif(
    not paypal_schema.SPECS.is_dir(), reason="PayPal's schemas are not in ../shared/specs; contracts are not checked."
)
__all__ = ["paypal"]

PRICE = Money(Decimal("13.60"), "USD")
SHAPES = {
    "checkout-order": (ORDERS, "order"),
    "capture": (PAYMENTS, "capture-2"),
    "refund": (PAYMENTS, "refund"),
    "dispute": (DISPUTES, "dispute"),
}


@pytest.fixture
def provider(paypal):
    return get_provider("paypal")


@pytest.fixture
def name(provider, paypal):
    """An order that the customer has approved."""
    begun = provider.start(
        reference="ORD-1-k3",
        amount=PRICE,
        email="ada@example.test",
        return_url="https://shop.example/back",
        cancel_url="https://shop.example/away",
    )
    paypal.approve(begun.provider_reference, "paypal")
    return begun.provider_reference


@pytest.fixture
def get(provider, paypal):
    """An answer as it comes."""

    def get(path, **options):
        headers = {"Authorization": f"Bearer {provider.api._live_token()}", "Prefer": "return=representation"}
        options = {"method": "GET"} | options
        with plain_http(paypal.paypal_base, headers=headers | options.pop("headers", {})) as http:
            return http.request(url=path, **options).json()

    return get


def asked(paypal, ending):
    return [
        json.loads(one["body"])
        for one in paypal.requests("paypal")
        if one["method"] == "POST" and one["path"].endswith(ending)
    ]


def test_what_the_adapter_sends_is_what_paypal_takes(provider, paypal, name):
    provider.capture(name, key="k3")
    provider.refund(name, amount=Money(Decimal("3.60"), "USD"), key="0190c0de-0000-7000-8000-000000000000")

    (order,), (capture,), (refund,) = (asked(paypal, end) for end in ("/checkout/orders", "/capture", "/refund"))
    assert problems(ORDERS, "order_request", order) == []
    assert problems(ORDERS, "order_capture_request", capture) == []
    assert problems(PAYMENTS, "refund_request", refund) == []


def test_an_order_has_paypals_shape_through_all_its_life(provider, paypal, name, get):
    new = provider.start(
        reference="ORD-2", amount=PRICE, email="", return_url="https://a.example", cancel_url="https://a.example"
    )
    seen = [get(f"/v2/checkout/orders/{new.provider_reference}"), get(f"/v2/checkout/orders/{name}")]
    provider.capture(name, key="k3")
    seen.append(get(f"/v2/checkout/orders/{name}"))
    provider.refund(name, amount=PRICE, key="refund-1")
    seen.append(get(f"/v2/checkout/orders/{name}"))

    assert [one["status"] for one in seen] == ["PAYER_ACTION_REQUIRED", "APPROVED", "COMPLETED", "COMPLETED"]
    assert [problem for one in seen for problem in problems(ORDERS, "order", one)] == []


@pytest.mark.parametrize("pending", [None, "PENDING_REVIEW"])
def test_captures_refunds_and_disputes_have_paypals_shape(provider, paypal, name, get, pending):
    paypal.control("PUT", "/paypal/manner", {"capture_pending": pending, "refund_pending": bool(pending)})
    capture = provider.capture(name, key="k3").capture_reference
    assert problems(PAYMENTS, "capture-2", get(f"/v2/payments/captures/{capture}")) == []
    if pending:
        paypal.control("POST", f"/paypal/captures/{capture}/settle")

    refund = provider.refund(name, amount=Money(Decimal("3.60"), "USD"), key="refund-1").provider_reference
    dispute = paypal.control("POST", f"/paypal/captures/{capture}/dispute")["dispute_id"]

    assert problems(PAYMENTS, "capture-2", get(f"/v2/payments/captures/{capture}")) == []
    assert problems(PAYMENTS, "refund", get(f"/v2/payments/refunds/{refund}")) == []
    for _ in ("open", "resolved"):
        listed = get("/v1/customer/disputes", params={"disputed_transaction_id": capture})
        assert len(listed["items"]) == 1
        assert problems(DISPUTES, "dispute_search", listed) == []
        assert problems(DISPUTES, "dispute", get(f"/v1/customer/disputes/{dispute}")) == []
        if listed["items"][0]["status"] != "RESOLVED":
            paypal.control("POST", f"/paypal/disputes/{dispute}/resolve")


def test_a_list_without_disputes_has_paypals_shape(get):
    listed = get("/v1/customer/disputes", params={"disputed_transaction_id": "5O190127TN364715T"})

    assert "items" not in listed
    assert problems(DISPUTES, "dispute_search", listed) == []


def test_what_events_carry_has_paypals_shape(provider, paypal, name):
    capture = provider.capture(name, key="k3").capture_reference
    provider.refund(name, amount=Money(Decimal("3.60"), "USD"), key="refund-1")
    dispute = paypal.control("POST", f"/paypal/captures/{capture}/dispute")["dispute_id"]
    paypal.control("POST", f"/paypal/disputes/{dispute}/resolve", {"outcome": "RESOLVED_SELLER_FAVOUR"})

    events = [json.loads(webhook.body) for webhook in paypal.webhooks]
    assert {event["resource_type"] for event in events} == set(SHAPES)
    for event in events:
        assert problems("notifications_webhooks_v1", "event", event) == []
        assert problems(*SHAPES[event["resource_type"]], event["resource"]) == []


@pytest.mark.parametrize("status", [404, 409, 422, 500])
def test_a_refusal_has_paypals_shape(paypal, get, name, status):
    faults = {409: "conflict_409", 500: "error_500"}
    if status in faults:
        paypal.next("paypal", faults[status], path="/v2")
    path = {404: "/v2/checkout/orders/NOWHERE", 422: f"/v2/checkout/orders/{name}/capture"}.get(status, "/v2/checkout")
    paypal.control("POST", f"/paypal/orders/{name}/expire")
    body = get(f"/v2/checkout/orders/{name}" if status in faults else path, method="POST" if status == 422 else "GET")

    assert problems(PAYMENTS if status == 409 else ORDERS, f"error_{status}", body) == []


def test_a_refused_capture_says_so_in_paypals_words(paypal, get, name):
    known = paypal_schema.issues(ORDERS, "orders.capture-422")
    path = f"/v2/checkout/orders/{name}/capture"

    def refusal():
        (detail,) = get(path, method="POST", json={})["details"]
        return detail["issue"]

    paypal.approve(name, "paypal", instrument_declined=True)
    said = [refusal(), refusal()]
    paypal.approve(name, "paypal")
    get(path, method="POST", json={})
    said.append(refusal())

    assert said == ["INSTRUMENT_DECLINED", "ORDER_NOT_APPROVED", "ORDER_ALREADY_CAPTURED"]
    assert set(said) <= known


@pytest.mark.parametrize(
    "change",
    [
        {"status": "PAID"},
        {"intent": 7},
        {"colour": "red"},
        {"links": [{"rel": "self"}]},
        {"purchase_units": [{"amount": {"currency_code": "USD", "value": "a lot"}}]},
        {"purchase_units": [{"amount": {"currency_code": "USD", "value": "1", "cents": 7}}]},
    ],
)
def test_the_check_sees_what_is_wrong(get, name, change):
    assert problems(ORDERS, "order", get(f"/v2/checkout/orders/{name}") | change) != []
