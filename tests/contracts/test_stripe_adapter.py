"""Everything that the adapter asks of Stripe is published for the version that it speaks."""

from contextlib import suppress
from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.payments.exceptions import ProviderUnavailable
from apps.payments.providers import get_provider
from apps.payments.tests.conftest import stripe
from tests.contracts import stripe_schema
from tests.contracts.stripe_requests import request_problems

pytestmark = pytest.mark.skipif(
    not stripe_schema.SPECS.is_dir(), reason="Stripe's schemas are not in ../shared/specs; contracts are not checked."
)
__all__ = ["stripe"]

PRICE = Money(Decimal("13.60"), "USD")


@pytest.fixture
def provider(stripe):
    return get_provider("stripe")


def start(provider, reference):
    return provider.start(
        reference=reference, amount=PRICE, email="ada@example.test", return_url="https://a.test", cancel_url=""
    )


def pay_and_give_back(provider, stripe):
    begun = start(provider, "ORD-1-k3")
    stripe.approve(begun.provider_reference)
    provider.fetch(begun.provider_reference)
    provider.refund(begun.provider_reference, amount=Money(Decimal("3.60"), "USD"), key="refund-1")
    provider.void(start(provider, "ORD-2-k3").provider_reference)


def save_charge_and_forget(provider, stripe):
    customer = provider.create_customer(key="cus:7", email="ada@example.test", name="Ada")
    intent = provider.begin_saving(customer).details["setup_intent"]
    card = provider.client.v1.setup_intents.confirm(intent, {"payment_method": "pm_card_createDispute"}).payment_method
    provider.set_default(customer, card)
    provider.list_methods(customer)
    provider.charge_saved(reference="ORD-3-k3", amount=PRICE, customer=customer, method=card)
    provider.detach(customer, card)
    provider.delete_customer(customer)


def look_for_what_a_500_has_left(provider, stripe):
    stripe.next("stripe", "error_500_after_recording")
    for _ in range(2):
        with suppress(ProviderUnavailable):
            start(provider, "ORD-4-k3")


def test_everything_the_adapter_asks_is_published(provider, stripe):
    pay_and_give_back(provider, stripe)
    save_charge_and_forget(provider, stripe)
    look_for_what_a_500_has_left(provider, stripe)

    asked = [one for one in stripe.requests("stripe") if not one["path"].endswith("/confirm")]  # the browser's part

    kinds = {f"{one['method']} {one['path'].split('/')[2]}" for one in asked}
    assert kinds >= {
        "POST payment_intents",
        "GET payment_intents",
        "POST refunds",
        "GET refunds",
        "GET disputes",
        "POST customers",
        "GET customers",
        "DELETE customers",
        "POST setup_intents",
        "POST payment_methods",
        "GET payment_methods",
    }
    assert [problem for one in asked for problem in problems_of(one)] == []


def problems_of(asked):
    return request_problems(asked["method"], asked["path"], asked["query"], asked["body"])


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("amount=1360&currency=usd&colour=red", "there is no colour"),
        ("amount=1360&currency=usd&payment_method_types[0]=card", "there is no payment_method_types"),
        ("amount=13.60&currency=usd", "amount: '13.60' is not of type integer"),
        ("currency=usd", "amount is missing"),
        ("amount=1360&currency=usd&automatic_payment_methods[on]=true", "there is no automatic_payment_methods.on"),
        ("amount=1360&currency=usd&confirm=yes", "confirm: 'yes' is not of type boolean"),
    ],
)
def test_the_check_sees_what_is_wrong(body, problem):
    said = request_problems("POST", "/v1/payment_intents", "", body)

    assert f"POST /v1/payment_intents: {problem}" in said
