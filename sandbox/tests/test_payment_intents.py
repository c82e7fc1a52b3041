import pytest
import stripe

from sandbox.tests.conftest import NO_REDIRECTS, client_for


def test_a_payment_goes_from_creation_through_confirmation_to_success(v1, create):
    intent = create(metadata={"order_id": "A-7"})
    assert (intent.status, intent.amount, intent.livemode) == ("requires_payment_method", 2000, False)

    v1.payment_intents.confirm(intent.id, params={"payment_method": "pm_card_visa"})

    paid = v1.payment_intents.retrieve(
        intent.id, params={"expand": ["latest_charge.balance_transaction", "payment_method"]}
    )
    assert (paid.status, paid.amount_received, paid.metadata["order_id"]) == ("succeeded", 2000, "A-7")
    assert (paid.latest_charge.amount_captured, paid.latest_charge.captured) == (2000, True)
    assert (paid.latest_charge.balance_transaction.fee, paid.latest_charge.balance_transaction.net) == (88, 1912)
    assert paid.payment_method.card.last4 == "4242"


def test_manual_capture_takes_a_part_once(v1, pay):
    intent = pay(capture_method="manual")
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 2000, 0)

    captured = v1.payment_intents.capture(intent.id, params={"amount_to_capture": 1500})

    assert (captured.status, captured.amount_received, captured.amount_capturable) == ("succeeded", 1500, 0)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.payment_intents.capture(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert refusal.value.error.payment_intent.status == "succeeded"


def test_capturing_more_than_was_authorised_is_refused(v1, pay):
    intent = pay(capture_method="manual")

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.payment_intents.capture(intent.id, params={"amount_to_capture": 2001})

    assert (refusal.value.code, refusal.value.param) == ("amount_too_large", "amount_to_capture")
    assert v1.payment_intents.retrieve(intent.id).status == "requires_capture"


@pytest.mark.parametrize("method", [None, "pm_card_authenticationRequired"])
def test_what_is_not_over_can_be_cancelled_once(v1, create, method):
    intent = create(**({"payment_method": method, "confirm": True} if method else {}))

    canceled = v1.payment_intents.cancel(intent.id, params={"cancellation_reason": "abandoned"})

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.payment_intents.cancel(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_a_paid_intent_can_neither_be_cancelled_nor_confirmed_nor_change_its_amount(v1, pay):
    intent = pay()

    for call, params in [
        (v1.payment_intents.cancel, {}),
        (v1.payment_intents.confirm, {}),
        (v1.payment_intents.update, {"amount": 9000}),
    ]:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            call(intent.id, params=params)
        assert refusal.value.code == "payment_intent_unexpected_state"
    assert v1.payment_intents.retrieve(intent.id).amount == 2000


def test_update_changes_the_amount_and_merges_metadata(v1, create):
    intent = create(metadata={"order_id": "A-7", "note": "gift"})

    updated = v1.payment_intents.update(intent.id, params={"amount": 2500, "metadata": {"note": "", "till": "3"}})

    assert (updated.amount, updated.metadata.to_dict()) == (2500, {"order_id": "A-7", "till": "3"})


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": "12.50"}, "parameter_invalid_integer", "amount"),
        ({"amount": ""}, "parameter_missing", "amount"),
        ({"currency": "ves"}, None, "currency"),
        ({"metadata": {"k" * 41: "v"}}, None, "metadata"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        ({"metadata": {str(number): "v" for number in range(51)}}, None, "metadata"),
        ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported", "payment_method_types"),
        ({"orders": "A-7"}, "parameter_unknown", "orders"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"payment_method": "pm_nothing"}, "resource_missing", "payment_method"),
    ],
)
def test_wrong_parameters_are_refused_by_name_and_create_nothing(v1, create, params, code, param):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        create(**params)

    assert (refusal.value.code, refusal.value.param) == (code, param)
    assert v1.payment_intents.list().data == []


def test_a_confirmation_that_might_redirect_wants_a_return_url(v1):
    params = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.payment_intents.create(params=params)
    assert refusal.value.param == "return_url"

    paid = v1.payment_intents.create(params=params | {"return_url": "https://shop.example/back"})
    assert paid.status == "succeeded"


def test_only_one_way_to_choose_payment_methods_may_be_given(v1):
    with pytest.raises(stripe.InvalidRequestError, match="You may only specify one"):
        v1.payment_intents.create(
            params={
                "amount": 2000,
                "currency": "usd",
                "automatic_payment_methods": NO_REDIRECTS,
                "allowed_payment_method_types": ["card"],
            }
        )


@pytest.mark.parametrize("key", ["sk_live_x", "nonsense"])
def test_only_test_keys_are_admitted(sandbox, key):
    with client_for(sandbox, key) as client, pytest.raises(stripe.AuthenticationError):
        client.v1.payment_intents.list()


@pytest.fixture
def browser(sandbox):
    with client_for(sandbox, "pk_test_x") as client:
        yield client.v1


def test_a_browser_confirms_with_the_client_secret_and_sees_only_what_it_may(browser, create):
    intent = create(metadata={"order_id": "A-7"})
    data = {"type": "card", "card": {"number": "4242424242424242"}}

    paid = browser.payment_intents.confirm(
        intent.id, params={"client_secret": intent.client_secret, "payment_method_data": data}
    )

    assert paid.status == "succeeded"
    assert "metadata" not in paid


def test_a_browser_without_the_secret_sees_nothing(browser, create):
    with pytest.raises(stripe.InvalidRequestError, match="client_secret provided does not match"):
        browser.payment_intents.retrieve(create().id, params={"client_secret": "guessed"})
    with pytest.raises(stripe.PermissionError) as refusal:
        browser.payment_intents.list()
    assert refusal.value.error.code == "secret_key_required"


def test_headers_name_the_request_and_the_version(v1, create):
    headers = create().last_response.headers

    assert headers["request-id"].startswith("req_")
    assert headers["stripe-version"] == "2026-10-28.endive"
