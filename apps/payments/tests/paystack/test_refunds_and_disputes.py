"""Money on its way back, of our own will or not."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.payments.exceptions import ProviderRejected, ProviderUnavailable
from apps.payments.providers import ProviderStatus
from apps.payments.providers.base import DisputeStatus
from apps.payments.tests.paystack.asking import PART, PRICE


def test_a_refund_is_under_way_until_paystack_says_that_it_has_arrived(provider, paid, settle):
    refund = provider.refund(paid, amount=PART, key="refund-1")
    assert (refund.amount, refund.status, refund.key) == (PART, ProviderStatus.PROCESSING, "refund-1")

    settle(refund.provider_reference)

    assert provider.list_refunds(paid) == [replace(refund, status=ProviderStatus.SUCCEEDED)]
    assert provider.fetch(paid).refunds == provider.list_refunds(paid)


@pytest.mark.parametrize(
    ("word", "status", "message"),
    [
        ("processing", "processing", ""),
        ("needs-attention", "processing", "needs-attention"),
        ("failed", "failed", "failed"),
    ],
)
def test_every_word_about_a_refund_is_understood(provider, paid, word, status, message, settle):
    refund = provider.refund(paid, amount=PART, key="refund-1")

    settle(refund.provider_reference, word)

    (found,) = provider.list_refunds(paid)
    assert (found.status, found.failure_message) == (status, message)


def test_a_repeat_finds_the_refund_that_was_asked_before(provider, paystack, paid):
    assert provider.refund(paid, amount=PART, key="refund-1") == provider.refund(paid, amount=PART, key="refund-1")
    assert [one["method"] for one in paystack.requests("paystack")].count("POST") == 2  # page and refund


@pytest.mark.parametrize(
    "fault", ["hang_after_recording", "reset_after_recording", "malformed_json", "error_500_after_recording"]
)
def test_a_refund_whose_answer_was_lost_is_never_asked_twice(provider, paystack, paid, fault):
    paystack.next("paystack", fault, method="POST", path="/refund")
    with pytest.raises(ProviderUnavailable):
        provider.refund(paid, amount=PART, key="refund-1")

    provider.refund(paid, amount=PART, key="refund-1")

    assert len(provider.list_refunds(paid)) == 1


def test_one_refund_at_a_time_is_under_way(provider, paid, settle):
    first = provider.refund(paid, amount=PART, key="refund-1")

    with pytest.raises(ProviderUnavailable, match="another refund"):
        provider.refund(paid, amount=PART, key="refund-2")
    assert len(provider.list_refunds(paid)) == 1

    settle(first.provider_reference)
    assert provider.refund(paid, amount=PART, key="refund-2").key == "refund-2"


def test_a_refund_of_more_than_is_left_is_rejected(provider, paid):
    with pytest.raises(ProviderRejected, match="more than"):
        provider.refund(paid, amount=Money(Decimal("13.61"), "USD"), key="refund-1")


def test_a_refund_made_in_the_panel_bears_no_key_of_ours(provider, paid, at):
    at("refund", amount=500)

    assert [(one.amount.amount, one.key) for one in provider.list_refunds(paid)] == [(Decimal(5), "")]


def test_refunds_of_others_are_not_ours_and_no_page_is_left_out(provider, paystack, paid, at):
    body = {"email": "x@example.test", "amount": 100_000, "currency": "USD", "reference": "other"}
    provider.http.post("/transaction/initialize", json=body)
    paystack.control("POST", "/paystack/transactions/other/approve")
    at("refund", amount=100)
    for _ in range(50):
        paystack.control("POST", "/paystack/transactions/other/refund", {"amount": 1})

    assert [one.amount.amount for one in provider.list_refunds(paid)] == [Decimal(1)]


def test_an_amount_in_words_is_an_amount(provider, paystack, paid):
    number = provider.refund(paid, amount=PART, key="refund-1").provider_reference
    paystack.control("POST", f"/paystack/refunds/{number}", {"amount": "360"})

    assert provider.list_refunds(paid)[0].amount == PART


def test_an_open_dispute_is_told_with_its_deadline(provider, paid, at):
    opened = at("dispute", amount=500)

    (dispute,) = provider.fetch(paid).disputes

    assert (dispute.provider_reference, dispute.amount.amount) == (str(opened["id"]), Decimal(5))
    assert (dispute.status, dispute.reason) == (DisputeStatus.OPEN, "chargeback")
    assert dispute.respond_by == datetime.fromisoformat(opened["dueAt"])


@pytest.mark.parametrize(
    ("resolution", "status"), [("declined", "won"), ("merchant-accepted", "lost"), ("auto-accepted", "lost")]
)
def test_its_end_is_told_once_and_not_as_a_refund_too(provider, paystack, paid, at, resolution, status):
    number = at("dispute")["id"]
    paystack.control("POST", f"/paystack/disputes/{number}/resolve", {"resolution": resolution})

    found = provider.fetch(paid)

    assert [one.status for one in found.disputes] == [status]
    assert found.refunds == []


def test_what_the_bank_has_not_said_is_taken_to_be_all(provider, paystack, paid, at):
    number = at("dispute")["id"]
    paystack.control("POST", f"/paystack/disputes/{number}", {"refund_amount": None, "dueAt": None})

    (dispute,) = provider.fetch(paid).disputes

    assert (dispute.amount, dispute.respond_by) == (PRICE, None)
