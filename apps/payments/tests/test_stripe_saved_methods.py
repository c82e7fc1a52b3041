"""Cards that customers leave with Stripe: saved, shown, forgotten, and charged while nobody is there."""

from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from apps.common.money import Money
from apps.payments.exceptions import ProviderRejected, ProviderUnavailable
from apps.payments.providers import OnlineProvider, ProviderStatus, get_provider
from apps.payments.providers.base import SavedMethodsProvider

PRICE = Money(Decimal("13.60"), "USD")


@pytest.fixture
def provider(stripe):
    return get_provider("stripe")


@pytest.fixture
def ada(provider):
    return provider.create_customer(key="cus:7", email="ada@example.test", name="Ada")


@pytest.fixture
def save(provider, stripe, ada):
    """Ada saves a card, and passes 3-D Secure if her bank wants it; answers the method's name."""

    def save(card="pm_card_visa", customer=ada):
        intent = provider.begin_saving(customer).details["setup_intent"]
        saved = provider.client.v1.setup_intents.confirm(intent, {"payment_method": card})
        if saved.status == "requires_action":
            stripe.approve(intent)
        return saved.payment_method

    return save


@pytest.fixture
def charge(provider, ada):
    def charge(method, reference="ORD-1-k3", customer=ada, amount=PRICE):
        return provider.charge_saved(reference=reference, amount=amount, customer=customer, method=method)

    return charge


def charges(provider):
    return [one.amount for one in provider.client.v1.charges.list().data if one.status == "succeeded"]


def test_stripe_keeps_cards_and_paystack_does_not(provider, settings):
    settings.PAYSTACK_SECRET_KEY = "sk_test_sandbox"

    assert isinstance(provider, SavedMethodsProvider)
    assert isinstance(get_provider("paystack"), OnlineProvider)
    assert not isinstance(get_provider("paystack"), SavedMethodsProvider)


def test_a_customer_is_made_once_for_each_key(provider, stripe, ada):
    assert provider.create_customer(key="cus:7", email="ada@example.test", name="Ada") == ada
    assert provider.create_customer(key="cus:8", email="eve@example.test", name="Eve") != ada

    form = parse_qs(stripe.requests("stripe")[0]["body"])
    assert (form["email"], form["name"], form["metadata[shop_customer]"]) == (["ada@example.test"], ["Ada"], ["cus:7"])


def test_saving_begins_with_a_secret_for_the_browser(provider, stripe, ada):
    action = provider.begin_saving(ada)

    form = parse_qs(stripe.requests("stripe")[-1]["body"])
    assert (form["customer"], form["usage"]) == ([ada], ["off_session"])
    assert action.type == "stripe_client_secret"
    assert action.details["client_secret"].startswith(f"{action.details['setup_intent']}_secret_")
    assert action.details["publishable_key"] == "pk_test_sandbox"
    assert provider.list_methods(ada) == []


def test_a_saved_card_is_listed_so_that_it_can_be_recognised(provider, ada, save):
    visa, mastercard = save(), save("pm_card_mastercard")

    listed = {one.provider_reference: one for one in provider.list_methods(ada)}

    assert listed.keys() == {visa, mastercard}
    assert (listed[visa].brand, listed[visa].last4, listed[visa].exp_month) == ("visa", "4242", 12)
    assert (listed[mastercard].brand, listed[mastercard].last4) == ("mastercard", "4444")
    assert listed[visa].exp_year > 2025
    assert not any(one.is_default for one in listed.values())


def test_a_card_whose_authentication_failed_is_not_saved(provider, stripe, ada):
    intent = provider.begin_saving(ada).details["setup_intent"]
    provider.client.v1.setup_intents.confirm(intent, {"payment_method": "pm_card_authenticationRequired"})
    stripe.decline(intent)

    assert provider.list_methods(ada) == []


def test_one_card_is_the_default_at_a_time(provider, ada, save):
    first, second = save(), save("pm_card_amex")

    for method in (first, second, second):
        provider.set_default(ada, method)
        assert [one.provider_reference for one in provider.list_methods(ada) if one.is_default] == [method]


def test_a_detached_card_is_forgotten_for_ever_and_twice_is_once(provider, ada, save, charge):
    method = save()

    for _ in range(2):
        provider.detach(ada, method)

    assert provider.list_methods(ada) == []
    with pytest.raises(ProviderRejected):
        charge(method)
    assert charges(provider) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda provider, eve, method: provider.set_default(eve, method),
        lambda provider, eve, method: provider.detach(eve, method),
        lambda provider, eve, method: provider.charge_saved(reference="R", amount=PRICE, customer=eve, method=method),
    ],
    ids=["set_default", "detach", "charge"],
)
def test_nobody_touches_anothers_card(provider, ada, save, act):
    eve = provider.create_customer(key="cus:8", email="eve@example.test", name="Eve")
    method = save()

    with pytest.raises(ProviderRejected) as refusal:
        act(provider, eve, method)

    assert refusal.value.reason == "resource_missing"
    assert [one.provider_reference for one in provider.list_methods(ada)] == [method]
    assert charges(provider) == []


@pytest.mark.parametrize("act", ["set_default", "detach"])
def test_a_card_that_never_was_is_rejected(provider, ada, act):
    with pytest.raises(ProviderRejected):
        getattr(provider, act)(ada, "pm_nowhere")


def test_a_customer_who_never_was_is_rejected(provider):
    with pytest.raises(ProviderRejected):
        provider.list_methods("cus_nowhere")


def test_a_saved_card_is_charged_while_nobody_is_there(provider, stripe, save, charge):
    paid = charge(save("pm_card_authenticationRequiredOnSetup"))

    form = parse_qs(next(one for one in stripe.requests("stripe") if one["path"] == "/v1/payment_intents")["body"])
    assert (form["off_session"], form["metadata[shop_payment]"]) == (["true"], ["ORD-1-k3"])
    assert (paid.status, paid.captured, paid.next_action.type) == (ProviderStatus.SUCCEEDED, PRICE, "none")
    assert provider.fetch(paid.provider_reference) == paid


def test_it_is_charged_once_for_each_reference(provider, save, charge):
    method = save()

    assert charge(method) == charge(method)
    assert charge(method, reference="ORD-2-k3").provider_reference != charge(method).provider_reference
    assert charges(provider) == [1360, 1360]


def test_the_same_reference_for_another_amount_is_our_mistake(provider, save, charge):
    method = save()
    charge(method)

    with pytest.raises(ProviderRejected):
        charge(method, amount=Money(Decimal("14.00"), "USD"))
    assert charges(provider) == [1360]


def test_a_bank_that_wants_to_hear_from_the_customer_leaves_it_to_him(provider, stripe, save, charge):
    method = save("pm_card_authenticationRequired")

    asked = charge(method)

    assert (asked.status, asked.captured.amount) == (ProviderStatus.PENDING, 0)
    assert asked.failure_code == "authentication_required"
    assert asked.next_action.type == "stripe_client_secret"
    assert asked.next_action.details["payment_method"] == method
    assert provider.fetch(asked.provider_reference) == asked

    params = {"payment_method": method, "return_url": "https://shop.test/back"}
    provider.client.v1.payment_intents.confirm(asked.provider_reference, params)
    stripe.approve(asked.provider_reference)

    assert charge(method).captured == PRICE
    assert charges(provider) == [1360]


def test_a_refused_card_leaves_the_payment_open_to_another(provider, stripe, save, charge):
    refused = charge(save("pm_card_chargeCustomerFail"))

    assert (refused.status, refused.failure_code) == (ProviderStatus.FAILED, "generic_decline")
    assert refused.next_action.details["client_secret"]
    assert "payment_method" not in refused.next_action.details

    stripe.approve(refused.provider_reference)
    assert provider.fetch(refused.provider_reference).captured == PRICE


@pytest.mark.parametrize(
    "fault",
    [
        "error_500",
        "conflict_409",
        "rate_limit_429",
        "hang_after_recording",
        "reset",
        "reset_after_recording",
        "malformed_json",
        "error_500_after_recording",
    ],
)
def test_however_a_charge_is_interrupted_its_repeat_makes_it_one(provider, stripe, save, charge, fault):
    method = save()
    stripe.next("stripe", fault, method="POST", path="/v1/payment_intents")
    with pytest.raises(ProviderUnavailable):
        charge(method)

    assert charge(method).captured == PRICE
    assert charges(provider) == [1360]


def test_a_charge_whose_truth_could_not_be_fetched_is_found_by_its_repeat(provider, stripe, save, charge):
    method = save()
    stripe.next("stripe", "error_500", method="GET", path="/v1/payment_intents")
    with pytest.raises(ProviderUnavailable):
        charge(method)

    assert charge(method).captured == PRICE
    assert charges(provider) == [1360]


@pytest.mark.parametrize(
    "act",
    [
        lambda provider, ada, method: provider.create_customer(key="cus:9", email="x@example.test", name="X"),
        lambda provider, ada, method: provider.begin_saving(ada),
        lambda provider, ada, method: provider.list_methods(ada),
        lambda provider, ada, method: provider.set_default(ada, method),
        lambda provider, ada, method: provider.detach(ada, method),
    ],
    ids=["create_customer", "begin_saving", "list_methods", "set_default", "detach"],
)
def test_when_stripe_does_not_answer_it_says_so(provider, stripe, ada, save, act):
    method = save()
    stripe.next("stripe", "error_500")

    with pytest.raises(ProviderUnavailable):
        act(provider, ada, method)
