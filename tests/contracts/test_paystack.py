"""What the adapter asks and what the sandbox answers in Paystack's name fit Paystack's published document."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.payments.providers import get_provider
from sandbox.paystack import signature
from tests.contracts import paystack_schema

pytestmark = pytest.mark.skipif(
    not paystack_schema.SPECS.is_dir(), reason="Paystack's document is not in ../shared/specs; nothing is checked."
)

PRICE = Money(Decimal("13.60"), "USD")


@pytest.fixture
def provider(sandbox, settings):
    settings.PAYSTACK_SECRET_KEY = "sk_test_sandbox"
    settings.PAYSTACK_BASE_URL = f"{sandbox.url}/paystack"
    settings.PAYSTACK_CURRENCIES = ["USD"]
    return get_provider("paystack")


def start(provider):
    return provider.start(
        reference="ORD-1-k3",
        amount=PRICE,
        email="ada@example.test",
        return_url="https://shop.test/back",
        cancel_url="https://shop.test/cart",
    )


@pytest.fixture
def act(sandbox):
    return lambda what, **wishes: sandbox.control("POST", f"/paystack/{what}", wishes)


def test_everything_the_adapter_asks_is_published(sandbox, provider, act):
    start(provider)
    start(provider)
    provider.void("ORD-1-k3")
    act("transactions/ORD-1-k3/approve")
    provider.refund("ORD-1-k3", amount=Money(Decimal("3.60"), "USD"), key="refund-1")
    provider.fetch("ORD-1-k3")

    asked = sandbox.requests("paystack")

    assert {(one["method"], one["path"]) for one in asked} == {
        ("POST", "/transaction/initialize"),
        ("GET", "/transaction/verify/ORD-1-k3"),
        ("POST", "/refund"),
        ("GET", "/refund"),
        ("GET", "/dispute"),
    }
    assert [problem for one in asked for problem in problems_of(one)] == []


def problems_of(asked):
    body = json.loads(asked["body"]) if asked["body"] else None
    return paystack_schema.request_problems(asked["method"], asked["path"], asked["query"], body)


@pytest.mark.parametrize("what", ["approve", "decline", "abandon"])
def test_everything_the_sandbox_answers_has_paystacks_shape(provider, act, what):
    answers = [
        call(provider, "POST", "/transaction/initialize", {"email": "a@b.test", "amount": 500, "reference": "x"}),
        call(provider, "POST", "/transaction/initialize", {"email": "a@b.test", "amount": 500, "reference": "x"}),
        call(provider, "POST", "/transaction/initialize", {"email": "a@b.test", "amount": "-5"}),
    ]
    act(f"transactions/x/{what}")
    answers += [call(provider, "GET", "/transaction/verify/x"), call(provider, "GET", "/transaction/verify/unknown")]
    if what == "approve":
        refund = call(provider, "POST", "/refund", {"transaction": "x", "amount": 100, "merchant_note": "n"})
        number = act("transactions/x/dispute")["id"]
        answers += [
            refund,
            call(provider, "GET", "/dispute"),
            call(provider, "GET", f"/refund/{refund[-1]['data']['id']}"),
        ]
        act(f"disputes/{number}/resolve")
    answers += [call(provider, "GET", "/refund"), call(provider, "GET", "/dispute"), call(provider, "GET", "/refund/7")]

    assert [problem for one in answers for problem in paystack_schema.answer_problems(*one)] == []


def call(provider, method, path, body=None):
    response = provider.http.request(method, path, json=body)
    return method, path, response.status_code, response.json()


@pytest.mark.parametrize("kind", ["error_500", "conflict_409", "rate_limit_429"])
def test_a_fault_is_told_in_paystacks_shape(sandbox, provider, kind):
    sandbox.next("paystack", kind)

    assert paystack_schema.answer_problems(*call(provider, "GET", "/refund")) == []


def test_events_say_what_the_published_samples_say(sandbox, provider, act):
    start(provider)
    act("transactions/ORD-1-k3/approve")
    refund = act("transactions/ORD-1-k3/refund", amount=100)["id"]
    act(f"refunds/{refund}/settle", status="processing")
    act(f"refunds/{refund}/settle")
    dispute = act("transactions/ORD-1-k3/dispute")["id"]
    act(f"disputes/{dispute}/remind")
    act(f"disputes/{dispute}/resolve", resolution="declined")

    bodies = [json.loads(one.body) for one in sandbox.webhooks]

    assert len(bodies) == 7
    for name, sample in paystack_schema.samples().items():
        for body in bodies:
            if name.startswith("webhooks/") and body["event"] == sample["event"]:
                assert sample["data"].keys() - body["data"].keys() == set()


@pytest.mark.parametrize(
    "key", ["refund-failed", "refund-processed", "charge-dispute-resolve", "transaction-successful"]
)
def test_the_adapter_reads_the_published_samples(provider, key):
    """Signed as Paystack would have signed them; the samples are live ones, so the adapter is too."""
    sample = paystack_schema.samples()[f"webhooks/events/{key}.json"]
    body = json.dumps(sample).encode()
    headers = {"X-Paystack-Signature": signature(body, "sk_test_sandbox")}

    event = replace(provider, is_live=True).read_webhook(headers=headers, body=body)

    about = sample["data"]
    known = about.get("transaction_reference") or about.get("reference") or about["transaction"]["reference"]
    assert (event.type, event.provider_reference, event.reference) == (sample["event"], known, "")


@pytest.mark.parametrize(
    ("change", "field"), [({"amount": "500"}, "amount"), ({"status": 7}, "status"), ({"domain": None}, "domain")]
)
def test_the_check_sees_what_is_wrong(provider, change, field):
    start(provider)
    method, path, status, answer = call(provider, "GET", "/transaction/verify/ORD-1-k3")

    (problem,) = paystack_schema.answer_problems(method, path, status, answer | {"data": answer["data"] | change})

    assert problem.startswith(f"$.data.{field}: ")


def test_the_check_sees_what_nobody_has_published():
    problems = paystack_schema.request_problems("POST", "/refund", "colour=red", {"transaction": "x", "key": "1"})

    assert problems == ["/refund: no parameter colour", "/refund: no field key"]
    with pytest.raises(LookupError):
        paystack_schema.request_problems("POST", "/nothing", "", None)
