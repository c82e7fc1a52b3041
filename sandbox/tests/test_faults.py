import time

import httpx
import pytest
import stripe

from sandbox.tests.conftest import client_for

PARAMS = {"amount": 2000, "currency": "usd"}
KEY = {"idempotency_key": "pi:attempt-1"}


@pytest.fixture
def impatient(sandbox):
    with client_for(sandbox, timeout=0.15) as client:
        yield client.v1


def test_an_answer_that_never_comes_hides_work_that_was_done(sandbox, v1, impatient):
    sandbox.next("stripe", "hang_after_recording", method="POST", path="/v1/payment_intents")

    with pytest.raises(stripe.APIConnectionError):
        impatient.payment_intents.create(params=PARAMS, options=KEY)

    (made,) = v1.payment_intents.list().data
    assert v1.payment_intents.create(params=PARAMS, options=KEY).id == made.id


def test_a_hang_may_end_by_itself(sandbox, v1):
    sandbox.next("stripe", "hang_after_recording", seconds=0.1)
    began = time.monotonic()

    assert v1.payment_intents.create(params=PARAMS).status == "requires_payment_method"
    assert time.monotonic() - began >= 0.1


def test_a_reset_before_the_work_leaves_nothing(sandbox, v1):
    sandbox.next("stripe", "reset")

    with pytest.raises(stripe.APIConnectionError):
        v1.payment_intents.create(params=PARAMS)

    assert v1.payment_intents.list().data == []


def test_a_reset_after_the_work_hides_it(sandbox, v1):
    sandbox.next("stripe", "reset_after_recording")

    with pytest.raises(stripe.APIConnectionError):
        v1.payment_intents.create(params=PARAMS)

    assert len(v1.payment_intents.list().data) == 1


def test_half_an_answer_cannot_be_read(sandbox, v1):
    sandbox.next("stripe", "malformed_json")

    with pytest.raises(stripe.APIError) as failure:
        v1.payment_intents.create(params=PARAMS)

    assert failure.value.http_status == 200
    assert len(v1.payment_intents.list().data) == 1


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        ("conflict_409", stripe.APIError, 409),
        ("rate_limit_429", stripe.RateLimitError, 429),
        ("error_500", stripe.APIError, 500),
    ],
)
def test_a_refusal_before_the_work_leaves_nothing(sandbox, v1, kind, error, status):
    sandbox.next("stripe", kind)

    with pytest.raises(error) as failure:
        v1.payment_intents.create(params=PARAMS)

    assert failure.value.http_status == status
    assert failure.value.request_id.startswith("req_")
    assert v1.payment_intents.list().data == []


def test_the_library_repeats_what_it_may_and_charges_once(sandbox, v1, monkeypatch):
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.01)
    sandbox.next("stripe", "reset_after_recording")

    with client_for(sandbox, retries=1) as retrying:
        intent = retrying.v1.payment_intents.create(params=PARAMS)

    assert [one.id for one in v1.payment_intents.list().data] == [intent.id]


def test_a_fault_waits_for_the_request_that_it_was_meant_for(sandbox, v1, create):
    intent = create()
    sandbox.next("stripe", "error_500", method="POST", path="/v1/refunds")
    sandbox.next("stripe", "error_500", path="/v1/payment_intents", match="exact", times=2)

    assert v1.payment_intents.retrieve(intent.id).id == intent.id
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            v1.payment_intents.list()
    assert len(v1.payment_intents.list().data) == 1
    with pytest.raises(stripe.APIError) as failure:
        v1.refunds.create(params={"payment_intent": intent.id})
    assert failure.value.http_status == 500


@pytest.mark.parametrize("wishes", [{"kind": "earthquake"}, {"kind": "reset", "sevenths": 3}])
def test_an_unknown_fault_is_refused_with_a_reason(sandbox, wishes):
    with pytest.raises(ValueError, match=r"earthquake|sevenths"):
        sandbox.next("stripe", **wishes)


def test_a_reset_forgets_objects_faults_and_requests(sandbox, v1, create):
    create()
    sandbox.next("stripe", "error_500", times=None)

    sandbox.reset()

    assert v1.payment_intents.list().data == []
    assert sandbox.webhooks == []
    assert [one["path"] for one in sandbox.requests("stripe")] == ["/v1/payment_intents"]


def test_what_an_adapter_sent_can_be_read_afterwards(sandbox, v1):
    v1.payment_intents.create(params=PARAMS, options=KEY)

    (request,) = sandbox.requests("stripe")
    assert (request["method"], request["path"], request["status"]) == ("POST", "/v1/payment_intents", 200)
    assert request["body"] == "amount=2000&currency=usd"
    assert request["headers"]["idempotency-key"] == "pi:attempt-1"
    assert "authorization" not in request["headers"]


def test_an_unknown_address_is_refused_in_stripes_words(sandbox):
    answer = httpx.get(f"{sandbox.stripe_base}/v1/nothing", auth=("sk_test_x", ""))

    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Unrecognized request URL (GET: /v1/nothing)."
