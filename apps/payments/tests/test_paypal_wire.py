"""PayPal on a bad day: what nobody knows, what a repeat finds, and the token."""

import time

import pytest

from apps.payments.exceptions import ProviderRejected, ProviderUnavailable
from apps.payments.providers import ProviderStatus, get_provider
from apps.payments.tests.by_paypal import ORDERS, PRICE, approved, calls, connected, paid, start
from tests.racing import race

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
BEFORE = {"error_500", "conflict_409", "rate_limit_429", "reset"}  # faults that come before anything is done


@pytest.fixture
def provider(paypal):
    return connected()


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
