"""The adapter at the wire: what it sends, what it understands, and what it makes of a bad day."""

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from apps.common.money import Money
from apps.payments.exceptions import PaymentDeclined, ProviderRejected, ProviderUnavailable, WebhookNotGenuine
from apps.payments.providers import ProviderStatus, get_provider
from apps.payments.providers.stripe import _call, from_minor_units, to_minor_units

PRICE = Money(Decimal("13.60"), "USD")


@pytest.fixture
def provider(stripe):
    return get_provider("stripe")


def start(provider, reference="ORD-1-k3", amount=PRICE):
    return provider.start(reference=reference, amount=amount, email="ada@example.test", return_url="", cancel_url="")


def test_begins_an_intent_under_our_reference_and_hands_out_its_secret(provider, stripe):
    begun = start(provider)

    sent = stripe.requests("stripe")[-1]
    form = parse_qs(sent["body"])
    assert (form["amount"], form["currency"]) == (["1360"], ["usd"])
    assert form["metadata[shop_payment]"] == ["ORD-1-k3"]
    assert sent["headers"]["idempotency-key"] == "ORD-1-k3"
    assert (begun.status, begun.captured) == (ProviderStatus.PENDING, Money(Decimal("0.00"), "USD"))
    assert begun.next_action.type == "stripe_client_secret"
    assert begun.next_action.details["client_secret"].startswith(f"{begun.provider_reference}_secret_")
    assert begun.next_action.details["publishable_key"] == "pk_test_sandbox"


def test_a_repeat_finds_the_same_intent(provider):
    assert start(provider).provider_reference == start(provider).provider_reference


def test_the_same_reference_for_another_amount_is_our_mistake(provider):
    start(provider)

    with pytest.raises(ProviderRejected):
        start(provider, amount=Money(Decimal("14.00"), "USD"))


def test_fetches_what_was_taken(provider, stripe):
    begun = start(provider)
    stripe.approve(begun.provider_reference)

    paid = provider.fetch(begun.provider_reference)

    assert (paid.status, paid.captured) == (ProviderStatus.SUCCEEDED, PRICE)
    assert paid.next_action.type == "none"


def test_a_declined_try_is_told_with_its_reason_and_can_be_repeated(provider, stripe):
    begun = start(provider)
    stripe.decline(begun.provider_reference)

    declined = provider.fetch(begun.provider_reference)

    assert (declined.status, declined.failure_code) == (ProviderStatus.FAILED, "generic_decline")
    assert declined.next_action.type == "stripe_client_secret"


def test_a_void_makes_paying_impossible(provider):
    begun = start(provider)

    assert provider.void(begun.provider_reference).status == ProviderStatus.CANCELLED
    assert provider.void(begun.provider_reference).status == ProviderStatus.CANCELLED


def test_a_void_that_came_too_late_tells_of_the_success(provider, stripe):
    begun = start(provider)
    stripe.approve(begun.provider_reference)

    assert provider.void(begun.provider_reference).status == ProviderStatus.SUCCEEDED


def test_a_refund_repeats_under_its_key_and_is_found_in_the_list(provider, stripe):
    begun = start(provider)
    stripe.approve(begun.provider_reference)
    part = Money(Decimal("3.60"), "USD")

    refunds = [provider.refund(begun.provider_reference, amount=part, key="refund-1") for _ in range(2)]

    assert refunds[0] == refunds[1]
    assert (refunds[0].amount, refunds[0].status, refunds[0].key) == (part, ProviderStatus.SUCCEEDED, "refund-1")
    assert provider.list_refunds(begun.provider_reference) == [refunds[0]]
    assert provider.fetch(begun.provider_reference).refunds == [refunds[0]]


def test_a_refund_of_more_than_is_left_is_rejected(provider, stripe):
    begun = start(provider)
    stripe.approve(begun.provider_reference)

    with pytest.raises(ProviderRejected, match="greater than"):
        provider.refund(begun.provider_reference, amount=Money(Decimal("13.61"), "USD"), key="refund-1")


@pytest.mark.parametrize(
    "fault",
    [
        "error_500",
        "error_500_after_recording",
        "conflict_409",
        "rate_limit_429",
        "hang_after_recording",
        "reset",
        "reset_after_recording",
        "malformed_json",
    ],
)
def test_when_nobody_knows_what_happened_it_says_so_and_asks_once(provider, stripe, fault):
    stripe.next("stripe", fault)

    with pytest.raises(ProviderUnavailable):
        start(provider)

    assert len(stripe.requests("stripe")) == 1


@pytest.mark.parametrize(
    "fault",
    ["hang_after_recording", "reset_after_recording", "malformed_json", "conflict_409", "error_500_after_recording"],
)
def test_after_a_lost_answer_a_repeat_finds_what_was_made(provider, stripe, fault):
    stripe.next("stripe", fault)
    with pytest.raises(ProviderUnavailable):
        start(provider)

    begun = start(provider)

    intents = provider.client.v1.payment_intents.list().data
    assert [intent.id for intent in intents] == [begun.provider_reference]


def test_a_500_that_stripe_repeats_and_that_has_left_nothing_ends_in_another_key(provider, stripe):
    stripe.next("stripe", "error_500_after_recording")
    with pytest.raises(ProviderUnavailable):
        start(provider)
    others = provider.client.v1.payment_intents.list().data[0].id
    stripe.control("POST", f"/stripe/payment_intents/{others}", {"metadata": {}})

    begun = start(provider)
    again = start(provider)

    assert begun.provider_reference != others
    assert again.provider_reference == begun.provider_reference
    keys = [one["headers"]["idempotency-key"] for one in stripe.requests("stripe") if one["method"] == "POST"]
    first, *repeated = keys
    assert repeated == [first, f"{first}-again", first]


def test_a_refund_whose_500_stripe_repeats_is_found_and_not_made_twice(provider, stripe):
    begun = start(provider)
    stripe.approve(begun.provider_reference)
    stripe.next("stripe", "error_500_after_recording", method="POST", path="/v1/refunds")
    part = Money(Decimal("3.60"), "USD")
    with pytest.raises(ProviderUnavailable):
        provider.refund(begun.provider_reference, amount=part, key="refund-1")

    refund = provider.refund(begun.provider_reference, amount=part, key="refund-1")

    assert provider.list_refunds(begun.provider_reference) == [refund]
    assert (refund.amount, refund.key) == (part, "refund-1")


def test_an_intent_that_is_not_there_is_rejected(provider):
    with pytest.raises(ProviderRejected, match="resource_missing"):
        provider.fetch("pi_nowhere")


def test_a_key_that_stripe_does_not_know_is_our_mistake(stripe, settings):
    settings.STRIPE_SECRET_KEY = "pk_test_the_wrong_kind"

    with pytest.raises(ProviderRejected):
        start(get_provider("stripe"))


def test_a_card_that_is_refused_at_once_is_a_decline(provider):
    params = {"amount": 500, "currency": "usd", "confirm": True, "payment_method": "pm_card_chargeDeclined"}
    params["automatic_payment_methods"] = {"enabled": True, "allow_redirects": "never"}

    with pytest.raises(PaymentDeclined) as declined:
        _call(lambda: provider.client.v1.payment_intents.create(params))

    assert declined.value.failure_code == "card_declined"


@pytest.mark.parametrize(
    ("amount", "currency", "count"),
    [
        ("12.34", "USD", 1234),
        ("0.01", "EUR", 1),
        ("1234", "JPY", 1234),
        ("1234", "CLP", 1234),
        ("500", "XOF", 500),
        ("1.500", "KWD", 1500),
        ("25", "ISK", 2500),
        ("99.95", "HUF", 9995),
    ],
)
def test_counts_in_stripes_own_minor_units_both_ways(amount, currency, count):
    money = Money(Decimal(amount), currency)

    assert to_minor_units(money) == count
    assert from_minor_units(count, currency) == money


@pytest.mark.parametrize(
    ("amount", "currency"), [("12.345", "USD"), ("10.5", "JPY"), ("1.505", "KWD"), ("10.50", "ISK"), ("9.5", "MGA")]
)
def test_what_stripe_cannot_express_is_never_rounded(amount, currency):
    with pytest.raises(ValueError, match="cannot express"):
        to_minor_units(Money(Decimal(amount), currency))


@pytest.mark.parametrize(
    ("amount", "currency", "taken"),
    [
        ("13.60", "USD", True),
        ("999999.99", "USD", True),
        ("1000000.00", "USD", False),
        ("0", "USD", False),
        ("13.605", "USD", False),
        ("13.60", "VES", False),
    ],
)
def test_takes_what_the_shop_configured_and_stripe_can_carry(provider, amount, currency, taken):
    assert provider.takes(Money(Decimal(amount), currency)) is taken


def test_checks_signatures_as_stripe_makes_them(settings):
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_test_secret"]
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    body = b'{"id":"evt_1","object":"event"}'
    good = "0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd"
    provider = get_provider("stripe")

    provider._verify(f"t=1700000000,v1={good}", body, at=at)
    provider._verify(f"t=1700000000,v1={'0' * 64},v1={good},v0={'0' * 64}", body, at=at)

    with pytest.raises(WebhookNotGenuine):
        provider._verify(f"t=1700000001,v1={good}", body, at=at)
    with pytest.raises(WebhookNotGenuine):
        provider._verify(f"t=1700000000,v0={good}", body, at=at)
    with pytest.raises(WebhookNotGenuine):
        provider._verify(f"t=1700000000,v1={good}", body + b" ", at=at)
