"""Which ways of paying are open, and why the others are not."""

from decimal import Decimal

import pytest

from apps.fx_rates.tests.factories import RateFactory
from apps.payments import services
from apps.payments.exceptions import ReturnUrlNotAllowed
from apps.payments.providers import OnlineProvider, PaymentProvider, get_provider, open_providers
from apps.payments.services import require_known_origin
from apps.payments.tests.test_payments_api import Caller

pytestmark = pytest.mark.django_db

BY_HAND = {"bank_transfer", "cash_on_pickup", "cash_on_delivery", "pago_movil"}


@pytest.fixture(autouse=True)
def everything(settings):
    settings.CASH_ON_PICKUP_CURRENCIES = ["USD", "VES"]
    settings.CASH_ON_DELIVERY_CURRENCIES = ["USD"]
    settings.CASH_ON_DELIVERY_COUNTRIES = ["VE"]
    settings.PAYSTACK_SECRET_KEY = "sk_test_sandbox"
    settings.PAYSTACK_CURRENCIES = ["NGN"]


def methods(**query):
    answer = Caller().client.get("/api/v1/payments/methods/", query)
    assert answer.status_code == 200, answer.content
    return {one["code"]: one for one in answer.json()}


def reasons(method):
    return [reason["code"] for reason in method["reasons"]]


def test_every_way_speaks_the_protocol_that_its_kind_needs():
    ways = open_providers()

    assert len(ways) >= 5
    for way in ways:
        assert isinstance(way, PaymentProvider), way.code
        assert isinstance(way, OnlineProvider) != (way.code in BY_HAND), way.code
        assert get_provider(way.code) == way


def test_a_way_that_takes_another_currency_says_what_it_would_ask():
    RateFactory()

    pickup = methods(amount="13.60")["cash_on_pickup"]

    assert pickup["is_open"] is True
    assert pickup["amounts"] == [
        {"amount": "13.60", "currency": "USD"},
        {"amount": "10671.42", "currency": "VES"},
    ]


def test_a_transfer_in_another_currency_is_quoted_like_every_payment(settings, buyer):
    settings.BANK_TRANSFER_CURRENCIES = ["USD", "VES"]
    RateFactory()

    told = services.new_attempt(order_id=buyer.order().pk, provider="bank_transfer", currency="VES")
    action = services.start_payment(payment_id=told.pk)

    assert methods(amount="13.60")["bank_transfer"]["amounts"][1] == told.money.as_json()
    assert (action.details["amount"], told.quote.rate) == (told.money.as_json(), Decimal("784.6633"))


def test_a_way_whose_currency_has_no_rate_is_closed_and_says_so():
    paystack = methods(amount="13.60")["paystack"]

    assert (paystack["is_open"], reasons(paystack)) == (False, ["currency-not-kept"])


def test_places_currencies_and_ways_of_delivery_close_what_does_not_fit():
    sent = methods(country="CO", is_pickup="false", currency="USD")

    assert {code: reasons(one) for code, one in sent.items() if not one["is_open"]} == {
        "cash_on_pickup": ["pickup-only"],
        "cash_on_delivery": ["country"],
        "paystack": ["currency"],
    }
    assert reasons(methods(is_pickup="true")["cash_on_delivery"]) == ["shipping-only"]


def test_an_amount_that_is_too_large_for_a_way_closes_it():
    assert reasons(methods(amount="1000000")["stripe"]) == ["amount"]


def test_a_cart_is_looked_at_when_no_amount_is_said(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)

    answer = shopper.client.get("/api/v1/payments/methods/", headers=shopper.headers).json()

    assert next(one for one in answer if one["code"] == "stripe")["amounts"] == [{"amount": "10.00", "currency": "USD"}]


@pytest.mark.parametrize("query", [{"amount": "-1"}, {"amount": "x"}, {"country": "Venezuela"}, {"currency": "usd"}])
def test_nonsense_is_refused_by_name(query):
    answer = Caller().client.get("/api/v1/payments/methods/", query)

    assert (answer.status_code, set(answer.json()["errors"])) == (400, set(query))


@pytest.mark.parametrize("url", ["", "http://localhost:3000/thanks?a=1", "https://shop.example/back"])
def test_customers_are_sent_back_to_the_storefront(settings, url):
    settings.STOREFRONT_URL = "https://shop.example/"

    assert require_known_origin(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "https://shop.example@evil.example/",
        "https://user@shop.example/",
        "http://shop.example/",
        "https://shop.example:444/",
        "javascript:alert(1)",
    ],
)
def test_and_to_nobody_else(settings, url):
    settings.STOREFRONT_URL = "https://shop.example/"

    with pytest.raises(ReturnUrlNotAllowed):
        require_known_origin(url)


def test_two_decimals_of_the_amount_are_kept():
    assert Decimal(methods(amount="0.55")["stripe"]["amounts"][0]["amount"]) == Decimal("0.55")
