"""What goes back through PayPal: refunds of ours, of its panel, and what customers dispute."""

from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.payments.exceptions import ProviderRejected
from apps.payments.providers import ProviderStatus
from apps.payments.providers.base import DisputeStatus
from apps.payments.tests.by_paypal import PRICE, approved, at, calls, connected, paid


@pytest.fixture
def provider(paypal):
    return connected()


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
