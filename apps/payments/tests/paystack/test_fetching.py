"""What Paystack says of a transaction, and what we take it to mean."""

import json
from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.payments.exceptions import ProviderRejected, ProviderUnavailable
from apps.payments.providers import ProviderStatus
from apps.payments.tests.paystack.asking import PRICE, REFERENCE, start


def test_tells_what_was_taken_under_which_name_and_what_paystack_kept(provider, paid):
    found = provider.fetch(paid)

    assert (found.status, found.captured) == (ProviderStatus.SUCCEEDED, PRICE)
    assert found.capture_reference == str(found.answer["id"])
    assert found.fee == Money(Decimal("0.21"), "USD")
    assert (found.refunds, found.disputes) == ([], [])


def test_keeps_no_card_no_address_and_no_person(provider, paid):
    kept = json.dumps(dict(provider.fetch(paid).answer))

    for secret in ("4081", "AUTH_", "ada@example.test", "127.0.0.1"):
        assert secret not in kept


def test_fees_that_the_customer_bears_are_neither_captured_nor_kept_from_us(provider, paystack, at):
    paystack.control("PUT", "/paystack/switches", {"fees_to_customer": True})
    start(provider)
    at("approve")

    found = provider.fetch(REFERENCE)

    assert (found.answer["amount"], found.answer["requested_amount"]) == (1381, 1360)
    assert (found.captured, found.fee) == (PRICE, Money(Decimal(0), "USD"))


def test_less_than_was_asked_is_told_as_it_is(provider, paid, overwrite):
    overwrite(amount=1000, requested_amount=1360)

    assert provider.fetch(paid).captured == Money(Decimal("10.00"), "USD")


def test_without_a_requested_amount_the_amount_counts(provider, paid, overwrite):
    overwrite(amount=1359, requested_amount=None)

    assert provider.fetch(paid).captured == Money(Decimal("13.59"), "USD")


def test_another_currency_is_told_as_it_is(provider, paid, overwrite):
    overwrite(currency="NGN")

    assert provider.fetch(paid).captured == Money(Decimal("13.60"), "NGN")


def test_a_fee_that_is_not_known_yet_is_not_zero(provider, paid, overwrite):
    overwrite(fees=None)

    assert provider.fetch(paid).fee is None


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("abandoned", "pending"),
        ("ongoing", "pending"),
        ("pending", "processing"),
        ("processing", "processing"),
        ("queued", "processing"),
        ("a word of tomorrow", "pending"),
    ],
)
def test_every_word_but_success_is_no_money(provider, overwrite, word, status):
    start(provider)
    overwrite(status=word)

    found = provider.fetch(REFERENCE)

    assert (found.status, found.captured.amount, found.fee) == (status, 0, None)


def test_a_declined_try_is_told_with_its_reason(provider, at, overwrite):
    start(provider)
    at("decline")
    overwrite(gateway_response="Insufficient Funds")

    found = provider.fetch(REFERENCE)

    assert (found.status, found.failure_code) == (ProviderStatus.FAILED, "insufficient_funds")
    assert found.failure_message == "Insufficient Funds"


def test_money_that_went_back_was_money_all_the_same(provider, paid, at, settle):
    number = at("refund")["id"]
    settle(number)

    found = provider.fetch(paid)

    assert (found.answer["status"], found.status, found.captured) == ("reversed", "succeeded", PRICE)
    assert [(one.amount, one.status) for one in found.refunds] == [(PRICE, ProviderStatus.SUCCEEDED)]


def test_a_reversal_that_nothing_explains_counts_as_a_refund_of_all(provider, paid, overwrite):
    overwrite(status="reversed")

    (refund,) = provider.fetch(paid).refunds

    assert (refund.amount, refund.status, refund.key) == (PRICE, ProviderStatus.SUCCEEDED, "")


@pytest.mark.parametrize("metadata", [0, "", None, "no JSON", [], '{"cancel_action": "x"}'])
def test_metadata_of_any_shape_does_no_harm(provider, paid, overwrite, metadata):
    overwrite(metadata=metadata)

    assert provider.fetch(paid).captured == PRICE


def test_an_unknown_reference_is_told_apart(provider):
    with pytest.raises(ProviderRejected) as refusal:
        provider.fetch("nobody/knows?this")

    assert refusal.value.reason == "not_found"


def test_money_of_another_world_is_not_ours(provider, paid, overwrite):
    overwrite(domain="live")

    with pytest.raises(ProviderRejected) as refusal:
        provider.fetch(paid)

    assert refusal.value.reason == "wrong_domain"


def test_a_capture_has_nothing_left_to_do(provider, paid):
    assert provider.capture(paid, key="capture-1") == provider.fetch(paid)


@pytest.mark.parametrize("fault", ["error_500", "rate_limit_429", "reset", "malformed_json", "hang_after_recording"])
@pytest.mark.parametrize("path", ["/transaction/verify", "/refund", "/dispute"])
def test_half_a_truth_is_none(provider, paystack, paid, fault, path):
    paystack.next("paystack", fault, path=path)

    with pytest.raises(ProviderUnavailable):
        provider.fetch(paid)


@pytest.mark.parametrize(("field", "value"), [("status", []), ("currency", None), ("amount", "x"), ("fees", {})])
def test_an_answer_of_another_shape_is_no_answer(provider, paid, overwrite, field, value):
    overwrite(**{field: value})

    with pytest.raises(ProviderUnavailable):
        provider.fetch(paid)
