"""Opening a page, and losing the answer."""

import json
from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.tests.placing import place
from apps.payments import services
from apps.payments.exceptions import ProviderNotOffered, ProviderRejected, ProviderUnavailable
from apps.payments.models import Payment
from apps.payments.providers import OnlineProvider, ProviderStatus, get_provider
from apps.payments.providers.paystack import from_subunits, to_subunits
from apps.payments.tests.paystack.asking import PRICE, REFERENCE, paths, start


def test_opens_a_page_under_our_reference_and_always_says_the_currency(provider, paystack):
    begun = start(provider)

    sent = json.loads(paystack.requests("paystack")[-1]["body"])
    assert (sent["reference"], sent["amount"], sent["currency"]) == (REFERENCE, 1360, "USD")
    assert sent["callback_url"] == "https://shop.test/back"
    assert sent["metadata"]["cancel_action"] == "https://shop.test/cart"
    assert (begun.provider_reference, begun.status) == (REFERENCE, ProviderStatus.PENDING)
    assert begun.captured == Money(Decimal(0), "USD")
    assert begun.next_action.as_json()["type"] == "redirect"
    assert begun.next_action.details["url"].startswith(f"{paystack.url}/paystack/checkout/")


def test_a_repeat_cannot_show_the_page_again_and_says_so(provider):
    start(provider)

    again = start(provider)

    assert (again.status, again.failure_code) == (ProviderStatus.CANCELLED, "page_lost")
    assert again.provider_reference == REFERENCE


def test_a_repeat_after_the_customer_has_paid_tells_of_the_money(provider, paid):
    assert start(provider).captured == PRICE


def test_a_repeat_while_paystack_works_on_it_gives_nothing_up(provider, overwrite):
    start(provider)
    overwrite(status="processing")

    assert start(provider).status == ProviderStatus.PROCESSING


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
def test_when_nobody_knows_what_happened_it_says_so_and_asks_once(provider, paystack, fault):
    paystack.next("paystack", fault)

    with pytest.raises(ProviderUnavailable):
        start(provider)

    assert len(paystack.requests("paystack")) == 1


@pytest.mark.parametrize("fault", ["error_500", "conflict_409", "rate_limit_429", "reset"])
def test_after_a_failure_before_the_work_a_repeat_opens_the_page(provider, paystack, fault):
    paystack.next("paystack", fault)
    with pytest.raises(ProviderUnavailable):
        start(provider)

    assert start(provider).next_action.type == "redirect"


@pytest.mark.parametrize(
    "fault", ["hang_after_recording", "reset_after_recording", "malformed_json", "error_500_after_recording"]
)
def test_a_page_whose_answer_was_lost_is_given_up_and_never_opened_twice(provider, paystack, fault):
    paystack.next("paystack", fault)
    with pytest.raises(ProviderUnavailable):
        start(provider)

    assert start(provider).failure_code == "page_lost"
    assert paths(paystack).count("/transaction/initialize") == 2


def test_a_slow_answer_is_waited_for(provider, paystack):
    paystack.next("paystack", "slow", seconds=0.1)

    assert start(provider).status == ProviderStatus.PENDING


def test_what_paystack_refuses_is_our_mistake(provider, paystack):
    paystack.control("PUT", "/paystack/switches", {"currencies": ["NGN"]})

    with pytest.raises(ProviderRejected) as refusal:
        start(provider)

    assert refusal.value.reason == "unsupported_currency"
    assert refusal.value.message == "Currency not supported by merchant"


def test_a_key_that_paystack_does_not_know_is_our_mistake(paystack, settings):
    settings.PAYSTACK_SECRET_KEY = "pk_test_the_wrong_kind"

    with pytest.raises(ProviderRejected, match="Invalid key"):
        start(get_provider("paystack"))


@pytest.mark.parametrize("act", ["abandon", "decline"])
def test_answers_cancelled_though_the_page_stays_open(provider, at, act):
    start(provider)
    at(act)

    assert provider.void(REFERENCE).status == ProviderStatus.CANCELLED

    at("approve")
    assert provider.fetch(REFERENCE).captured == PRICE


def test_a_void_that_came_too_late_tells_of_the_success(provider, paid):
    assert provider.void(paid).status == ProviderStatus.SUCCEEDED


def test_what_paystack_works_on_is_not_given_up(provider, overwrite):
    start(provider)
    overwrite(status="queued")

    assert provider.void(REFERENCE).status == ProviderStatus.PROCESSING


@pytest.mark.parametrize(
    ("amount", "currency", "count"),
    [("12.34", "USD", 1234), ("500", "NGN", 50000), ("0.01", "GHS", 1), ("500", "XOF", 50000), ("90", "KES", 9000)],
)
def test_counts_in_hundredths_of_every_currency_both_ways(amount, currency, count):
    money = Money(Decimal(amount), currency)

    assert to_subunits(money) == count
    assert from_subunits(count, currency) == from_subunits(str(count), currency) == money


def test_what_paystack_cannot_express_is_never_rounded():
    with pytest.raises(ValueError, match="cannot express"):
        to_subunits(Money(Decimal("12.345"), "USD"))


@pytest.mark.parametrize(
    ("amount", "currency", "taken"),
    [
        ("13.60", "USD", True),
        ("13.605", "USD", False),
        ("0", "USD", False),
        ("500", "XOF", True),
        ("500.50", "XOF", False),
        ("13.60", "VES", False),
    ],
)
def test_takes_what_the_shop_configured_and_paystack_can_carry(provider, amount, currency, taken):
    assert provider.takes(Money(Decimal(amount), currency)) is taken


def test_is_offered_only_with_a_key_and_for_the_countries_that_are_set(paystack, settings):
    settings.PAYSTACK_COUNTRIES = ["NG", "GH"]
    provider = get_provider("paystack")
    assert isinstance(provider, OnlineProvider)
    assert provider.countries == {"NG", "GH"}

    settings.PAYSTACK_SECRET_KEY = ""
    with pytest.raises(ProviderNotOffered):
        get_provider("paystack")


@pytest.mark.parametrize(
    ("currency", "least"), [("NGN", "50"), ("GHS", "0.10"), ("ZAR", "1"), ("KES", "3"), ("USD", "2")]
)
def test_takes_the_least_of_each_currency_and_says_why_it_takes_no_less(paystack, settings, currency, least):
    settings.PAYSTACK_CURRENCIES = [currency]
    provider, enough = get_provider("paystack"), Money(Decimal(least), currency)
    less = Money(enough.amount - Decimal("0.01"), currency)

    assert (provider.takes(enough), provider.why_not(enough)) == (True, "")
    assert (provider.takes(less), provider.why_not(less)) == (False, f"Paystack takes no less than {enough}.")


@pytest.mark.django_db
def test_a_part_that_is_too_small_for_paystack_begins_no_attempt(paystack):
    order = place(StockItemFactory(on_hand=1))

    with pytest.raises(ProviderNotOffered, match=r"no less than 2(\.00)? USD"):
        services.new_attempt(order_id=order.pk, provider="paystack", part=Money(Decimal("1.99"), "USD"))

    assert not Payment.objects.exists()
    assert paystack.requests("paystack") == []
