"""What the sandbox says in Stripe's name has Stripe's published shape: answers, event bodies and errors."""

import json

import httpx
import pytest

from sandbox.testing import plain_http
from tests.contracts import stripe_schema

pytestmark = pytest.mark.skipif(
    not stripe_schema.SPECS.is_dir(), reason="Stripe's schemas are not in ../shared/specs; contracts are not checked."
)

METHODS = [
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_authenticationRequired",
    "pm_card_createDispute",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
]
NO_REDIRECTS = {"automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never"}
ORDER = {"amount": "2000", "currency": "usd", "metadata[order_id]": "A-7", **NO_REDIRECTS}


class Api:
    """Calls the sandbox without the SDK, so that the answers are seen as they come."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def post(self, path: str, **params: str) -> dict:
        return self.http.post(f"/v1/{path}", data=params).json()

    def get(self, path: str, **params: str) -> dict:
        return self.http.get(f"/v1/{path}", params=params).json()

    def pay(self, method: str, **params: str) -> dict:
        return self.post("payment_intents", confirm="true", payment_method=method, **ORDER, **params)


@pytest.fixture
def api(sandbox):
    with plain_http(sandbox.stripe_base, auth=("sk_test_x", "")) as http:
        yield Api(http)


@pytest.mark.parametrize("capture_method", ["automatic", "manual"])
@pytest.mark.parametrize("method", METHODS)
def test_payments_their_charges_refunds_disputes_and_events_have_stripes_shape(sandbox, api, method, capture_method):
    answer = api.pay(method, capture_method=capture_method)
    intent = answer.get("error", {}).get("payment_intent", answer)
    if intent["status"] == "requires_capture":
        api.post(f"payment_intents/{intent['id']}/capture")
    refund = api.post("refunds", payment_intent=intent["id"])
    sandbox.control("POST", "/stripe/refunds/settle")

    expanded = api.get("payment_intents", **{"expand[]": "data.latest_charge.balance_transaction"})
    everything = [
        expanded,
        api.get("charges", **{"expand[]": "data.refunds"}),
        *(api.get(kind, limit="100") for kind in ("payment_intents", "refunds", "disputes", "events")),
        *(event["data"]["object"] for event in api.get("events", limit="100")["data"]),
    ]
    assert [problem for one in everything for problem in stripe_schema.problems(one)] == []
    for refusal in (answer, refund):
        assert "error" not in refusal or stripe_schema.error_problems(refusal) == []


def test_customers_and_saved_cards_have_stripes_shape(api):
    customer = api.post("customers", email="ada@example.test", **{"metadata[user_id]": "7", "address[city]": "Caracas"})
    setups = [
        api.post("setup_intents", customer=customer["id"], confirm="true", payment_method=method, **NO_REDIRECTS)
        for method in METHODS[:3]
    ]
    saved = api.get(f"customers/{customer['id']}/payment_methods")["data"][0]
    api.post(f"payment_methods/{saved['id']}/detach")

    everything = [
        customer,
        setups[0],
        setups[2],
        setups[1]["error"]["setup_intent"],
        saved,
        api.get("events", limit="100"),
        *(event["data"]["object"] for event in api.get("events", limit="100")["data"]),
    ]
    assert [problem for one in everything for problem in stripe_schema.problems(one)] == []


def test_a_cancelled_payment_and_a_webhook_endpoint_have_stripes_shape(api):
    intent = api.post("payment_intents", **ORDER)
    canceled = api.post(f"payment_intents/{intent['id']}/cancel", cancellation_reason="abandoned")
    endpoint = api.post("webhook_endpoints", url="http://127.0.0.1:9/hook", **{"enabled_events[]": "*"})

    assert canceled["status"] == "canceled"
    assert stripe_schema.problems(canceled) + stripe_schema.problems(endpoint) == []


def test_the_body_of_a_webhook_has_stripes_shape(sandbox, api):
    api.pay("pm_card_visa")

    assert [problem for one in sandbox.webhooks for problem in stripe_schema.problems(json.loads(one.body))] == []


@pytest.mark.parametrize("method", [*(f"pm_card_chargeDeclined{why}" for why in ("", "ExpiredCard")), "pm_none"])
def test_a_refused_method_is_refused_in_stripes_shape(api, method):
    assert stripe_schema.error_problems(api.pay(method)) == []


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("payment_intents", {"amount": "1", "currency": "usd"}),
        ("payment_intents", {"amount": "x", "currency": "usd"}),
        ("payment_intents", {"currency": "usd"}),
        ("payment_intents", {"amount": "2000", "currency": "ves"}),
        ("payment_intents", {"amount": "2000", "currency": "usd", "colour": "red"}),
        ("payment_intents/pi_nothing/cancel", {}),
        ("refunds", {"payment_intent": "pi_nothing"}),
        ("refunds", {}),
    ],
)
def test_a_wrong_call_is_refused_in_stripes_shape(api, path, params):
    assert stripe_schema.error_problems(api.post(path, **params)) == []


@pytest.mark.parametrize("kind", ["error_500", "conflict_409", "rate_limit_429"])
def test_a_fault_is_told_in_stripes_shape(sandbox, api, kind):
    sandbox.next("stripe", kind)

    assert stripe_schema.error_problems(api.post("payment_intents", **ORDER)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"status": "paid"},
        {"amount": "2000"},
        {"currency": None},
        {"colour": "red"},
        {"next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": 7, "return_url": None}}},
    ],
)
def test_the_check_sees_what_is_wrong(api, change):
    assert stripe_schema.problems(api.pay("pm_card_visa") | change) != []


def test_the_check_sees_what_is_missing(api):
    intent = api.pay("pm_card_visa")
    del intent["amount_received"]

    assert stripe_schema.problems(intent) == ["payment_intent.amount_received is never null, but absent"]
