from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

PARAMS = {"amount": 2000, "currency": "usd"}
KEY = {"idempotency_key": "pi:attempt-1"}


def test_the_same_key_and_parameters_give_the_same_answer(v1):
    first = v1.payment_intents.create(params=PARAMS, options=KEY)
    second = v1.payment_intents.create(params=PARAMS, options=KEY)

    assert second.id == first.id
    assert len(v1.payment_intents.list().data) == 1
    assert "idempotent-replayed" not in first.last_response.headers
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert second.last_response.headers["original-request"] == first.last_response.headers["request-id"]


def test_the_same_key_with_another_amount_is_refused(v1):
    v1.payment_intents.create(params=PARAMS, options=KEY)

    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        v1.payment_intents.create(params=PARAMS | {"amount": 2001}, options=KEY)

    assert len(v1.payment_intents.list().data) == 1


def test_the_same_key_elsewhere_is_refused(v1):
    v1.payment_intents.create(params=PARAMS, options=KEY)

    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        v1.customers.create(params={"email": "ada@example.test"}, options=KEY)


def test_a_key_in_flight_is_refused_and_may_be_repeated_afterwards(sandbox, v1):
    sandbox.next("stripe", "slow", seconds=0.2)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(v1.payment_intents.create, params=PARAMS, options=KEY)
        sandbox.wait_until(lambda: not sandbox.control("GET", "/faults"))
        with pytest.raises(stripe.APIError) as refusal:
            v1.payment_intents.create(params=PARAMS, options=KEY)

    assert (refusal.value.http_status, refusal.value.error.code) == (409, "idempotency_key_in_use")
    assert v1.payment_intents.create(params=PARAMS, options=KEY).id == first.result().id


def test_a_refusal_of_the_parameters_is_not_kept(v1):
    with pytest.raises(stripe.InvalidRequestError):
        v1.payment_intents.create(params=PARAMS | {"amount": 1}, options=KEY)

    assert v1.payment_intents.create(params=PARAMS, options=KEY).amount == 2000


def test_a_decline_is_kept(sandbox, v1, create):
    intent = create()
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            v1.payment_intents.confirm(intent.id, params={"payment_method": "pm_card_chargeDeclined"}, options=KEY)

    assert len(v1.charges.list(params={"payment_intent": intent.id}).data) == 1


def test_a_500_after_the_work_is_kept_although_the_work_is_done(sandbox, v1):
    sandbox.next("stripe", "error_500_after_recording", path="/v1/payment_intents")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as refusal:
            v1.payment_intents.create(params=PARAMS, options=KEY)
        assert refusal.value.http_status == 500

    assert len(v1.payment_intents.list().data) == 1


def test_a_500_before_the_work_is_not_kept(sandbox, v1):
    sandbox.next("stripe", "error_500")
    with pytest.raises(stripe.APIError):
        v1.payment_intents.create(params=PARAMS, options=KEY)
    assert v1.payment_intents.list().data == []

    assert v1.payment_intents.create(params=PARAMS, options=KEY).status == "requires_payment_method"


def test_a_key_longer_than_255_characters_is_refused(v1):
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        v1.payment_intents.create(params=PARAMS, options={"idempotency_key": "k" * 256})
