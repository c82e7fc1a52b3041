"""Checking out in two currencies: what is promised, kept for ever, asked and refused."""

from decimal import Decimal

import pytest

from apps.common import audit
from apps.fx_rates.tests.factories import RateFactory
from apps.orders.models import Order
from apps.payments.models import Payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def rate():
    return RateFactory()


@pytest.fixture
def shopper(shop, rate):
    shopper = shop.shopper()
    shopper.add(shop.item)
    return shopper


def test_an_order_keeps_its_total_in_the_second_currency_however_it_is_paid(shopper, rate):
    body = shopper.check_out(payment_method="bank_transfer").json()

    quoted = body["quote"]
    assert (quoted["before"], quoted["rate"], quoted["source"]) == (body["total"], "784.6633", "bcv")
    assert quoted["after"] == {"amount": "13810.07", "currency": "VES"}  # 17.60 × 784.6633 = 13810.07408
    RateFactory(rate=Decimal(900))
    assert Order.objects.get().quote.after.as_json() == quoted["after"]


def test_an_order_without_a_fit_rate_is_placed_in_one_currency(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)

    placed = shopper.check_out(payment_method="bank_transfer")

    assert (placed.status_code, placed.json()["quote"]) == (201, None)


def test_a_shop_with_one_currency_asks_for_no_rate(shopper, settings):
    settings.SECOND_CURRENCY = ""

    assert shopper.check_out(payment_method="bank_transfer").json()["quote"] is None


def test_checkout_in_another_currency_asks_what_the_preview_promised(shopper, settings):
    settings.CASH_ON_DELIVERY_CURRENCIES = ["VES"]
    quoted = shopper.preview(shipping_method="courier", currency="VES").json()["quote"]
    RateFactory(rate=Decimal(900))

    body = shopper.check_out(payment_method="cash_on_delivery", currency="VES", quote=quoted["id"]).json()

    assert body["payment"]["amount"] == quoted["after"]
    assert body["quote"]["id"] == quoted["id"]
    assert list(audit.run()) == []


def test_the_payment_methods_own_currency_is_asked_for_by_the_orders_quote(shopper, settings):
    settings.CASH_ON_DELIVERY_CURRENCIES = ["VES"]

    body = shopper.check_out(payment_method="cash_on_delivery").json()

    assert body["payment"]["amount"] == body["quote"]["after"]
    assert Payment.objects.get().quote == Order.objects.get().quote


def test_a_promise_that_has_ended_places_nothing_and_brings_a_fresh_one(shopper, settings):
    settings.CASH_ON_DELIVERY_CURRENCIES = ["VES"]
    minutes, settings.FX_QUOTE_MINUTES = settings.FX_QUOTE_MINUTES, -1
    quoted = shopper.preview(shipping_method="courier", currency="VES").json()["quote"]
    settings.FX_QUOTE_MINUTES = minutes
    wishes = {"payment_method": "cash_on_delivery", "currency": "VES"}

    refused = shopper.check_out(quote=quoted["id"], **wishes)

    assert (refused.status_code, refused.json()["code"]) == (409, "quote-expired")
    assert not Order.objects.exists()
    assert shopper.check_out(quote=refused.json()["quote"]["id"], **wishes).status_code == 201


def test_paying_in_a_currency_without_a_fit_rate_is_refused(shop, settings):
    settings.CASH_ON_DELIVERY_CURRENCIES = ["VES"]
    shopper = shop.shopper()
    shopper.add(shop.item)

    refused = shopper.check_out(payment_method="cash_on_delivery")

    assert (refused.status_code, refused.json()["code"]) == (503, "no-fit-rate")
    assert not Order.objects.exists()
