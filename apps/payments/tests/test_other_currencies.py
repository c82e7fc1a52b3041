"""Paying in another currency than the order's: by a stored quote, to the cent, from asking to giving back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.common import audit
from apps.common.clock import database_now
from apps.common.money import Money
from apps.fx_rates import services as fx_services
from apps.fx_rates.exceptions import QuoteExpired
from apps.fx_rates.models import ExchangeQuote
from apps.fx_rates.tests.factories import RateFactory
from apps.orders import selectors as order_selectors
from apps.payments import services
from apps.payments.models import Payment, Refund
from apps.payments.tests.test_payments_api import Caller

pytestmark = pytest.mark.django_db

TOTAL_VES = Decimal("10671.42")  # 13.60 × 784.6633 = 10671.42088


def usd(amount):
    return Money(Decimal(amount), "USD")


def ves(amount):
    return Money(Decimal(amount), "VES")


@pytest.fixture
def till(buyer, settings):
    """A shop that takes bolívares in cash from who fetches the order."""
    settings.CASH_ON_PICKUP_CURRENCIES = ["VES"]
    RateFactory()
    return buyer


def begin(order, **options):
    payment = services.new_attempt(order_id=order.pk, provider="cash_on_pickup", **options)
    services.start_payment(payment_id=payment.pk)
    return Payment.objects.get(pk=payment.pk)


def let_quotes_end(settings):
    settings.FX_QUOTE_MINUTES = -1


def test_the_quote_says_how_the_amount_was_reached_and_never_changes(till):
    quote = services.quote_order(order_id=till.order().pk, currency="VES")

    assert (quote.before, quote.after, quote.rate) == (usd("13.60"), ves(TOTAL_VES), Decimal("784.6633"))
    assert (quote.source, quote.rounding, quote.is_fallback) == ("bcv", "half_up", False)
    assert quote.expires_at > database_now() + timedelta(minutes=29)
    for change in (lambda: ExchangeQuote.objects.update(amount=1), lambda: ExchangeQuote.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_what_is_asked_counted_and_given_back_comes_from_the_quote_to_the_cent(till, staff):
    order = till.order(is_pickup=True)
    quote = services.quote_order(order_id=order.pk, currency="VES")
    RateFactory(rate=Decimal("801.0001"))  # the rate moves, the promise does not

    payment = begin(order, quote_id=quote.public_id)
    assert (payment.money, payment.part, payment.quote) == (ves(TOTAL_VES), usd("13.60"), quote)
    payment = services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=ves(TOTAL_VES))
    assert payment.counted == usd("13.60")
    for amount in ("3557.14", "3557.14", "3557.14"):
        refund = services.request_refund(payment_id=payment.pk, amount=ves(amount), reason="broken", actor="staff:1")
        services.execute_refund(refund_id=refund.pk)
        services.confirm_manual_refund(refund_id=refund.pk, staff_user=staff, bank_reference=f"R{refund.pk}")

    assert [one.order_amount for one in Refund.objects.order_by("pk")] == [
        Decimal("4.53"),
        Decimal("4.54"),
        Decimal("4.53"),
    ]
    order.refresh_from_db()
    assert (order.refunded, order.status) == (usd("13.60"), "refunded")
    assert list(audit.run()) == []


def test_a_short_payment_counts_for_what_it_is_worth_and_the_rest_is_exact(till, staff):
    order = till.order(is_pickup=True)
    payment = begin(order)

    services.confirm_manual_payment(
        payment_id=payment.pk, staff_user=staff, amount=ves("5000.00"), accept_difference=True
    )

    order.refresh_from_db()
    assert (order.paid, order.balance) == (usd("6.37"), usd("7.23"))  # 13.60 × 5000 / 10671.42 = 6.3721
    rest = begin(order)
    assert rest.money == ves("5673.12")  # 7.23 × 784.6633 = 5673.1157
    services.confirm_manual_payment(payment_id=rest.pk, staff_user=staff, amount=rest.money)
    order.refresh_from_db()
    assert order.status == "confirmed"
    assert list(audit.run()) == []


def test_an_ended_quote_is_refused_with_a_fresh_one_that_works(till, settings):
    order = till.order(is_pickup=True)
    minutes = settings.FX_QUOTE_MINUTES
    let_quotes_end(settings)
    quote = services.quote_order(order_id=order.pk, currency="VES")
    settings.FX_QUOTE_MINUTES = minutes
    guest = Caller(token=order_selectors.guest_token(order))

    refused = guest.post(f"orders/{order.number}/payments/", provider="cash_on_pickup", quote=str(quote.public_id))

    assert (refused.status_code, refused.json()["code"]) == (409, "quote-expired")
    fresh = refused.json()["quote"]
    assert fresh["after"] == {"amount": "10671.42", "currency": "VES"}
    assert not Payment.objects.exists()
    taken = guest.post(f"orders/{order.number}/payments/", provider="cash_on_pickup", quote=fresh["id"])
    assert (taken.status_code, taken.json()["quote"]["id"]) == (201, fresh["id"])


def test_a_quote_for_another_amount_is_refused_with_one_for_this(till):
    order, other = till.order(is_pickup=True), till.order()
    quote = services.quote_order(order_id=other.pk, currency="VES", part=usd("1.00"))

    with pytest.raises(QuoteExpired) as refusal:
        begin(order, quote_id=quote.public_id)

    assert refusal.value.extra["quote"]["before"] == {"amount": "13.60", "currency": "USD"}


def test_an_open_attempt_is_found_again_while_its_quote_holds_and_replaced_afterwards(till, settings):
    order = till.order(is_pickup=True)
    first = begin(order)
    assert begin(order) == first
    let_quotes_end(settings)
    ended = begin(till.order(is_pickup=True))

    again = begin(ended.order)

    assert again != ended
    assert Payment.objects.get(pk=ended.pk).status == "cancelled"


def test_the_public_quotes_of_an_order_are_its_owners_only(till):
    order = till.order()

    assert Caller().post(f"orders/{order.number}/quotes/", currency="VES").status_code == 404
    guest = Caller(token=order_selectors.guest_token(order))
    quoted = guest.post(f"orders/{order.number}/quotes/", currency="VES", amount={"amount": "1.00", "currency": "USD"})
    assert (quoted.status_code, quoted.json()["after"]["amount"]) == (201, "784.66")
    for wrong in ({"currency": "EUR"}, {"currency": "USD"}, {"currency": "VES", "amount": usd("14").as_json()}):
        assert guest.post(f"orders/{order.number}/quotes/", **wrong).status_code == 422


def test_an_amount_that_is_nothing_in_the_other_currency_is_refused(till):
    RateFactory(rate=Decimal("0.0001"))
    order = till.order()
    guest = Caller(token=order_selectors.guest_token(order))

    refused = guest.post(f"orders/{order.number}/quotes/", currency="VES")

    assert (refused.status_code, refused.json()["code"]) == (422, "amount-too-small")


def test_a_two_legged_quote_goes_through_the_dollar(till, settings):
    settings.FX_CURRENCIES = ["VES", "EUR"]
    RateFactory(currency="EUR", rate=Decimal("0.8559"), kind="aggregate", source="open_er_api")

    quote = fx_services.quote(money=Money(Decimal("10.00"), "EUR"), currency="VES")

    assert quote.after == ves("9167.70")  # 10 × 784.6633 / 0.8559
    assert (quote.snapshot.currency, quote.through.currency) == ("VES", "EUR")
