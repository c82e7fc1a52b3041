"""Lists of payments: what each row tells of parts and rates, who reads them, and what they cost."""

from decimal import Decimal

import pytest

from apps.accounts.models import User
from apps.common.money import Money
from apps.fx_rates.tests.factories import RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import selectors as order_selectors
from apps.orders.tests.placing import place
from apps.payments import services
from apps.payments.models import Payment
from apps.payments.tests.test_payments_api import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(settings):
    settings.CASH_ON_PICKUP_CURRENCIES = ["VES"]
    settings.FX_STALE_DAYS = 36_500  # the day below is part of what is read
    RateFactory(value_date="2026-11-20")


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.test", "a-long-password")


def paid_in_two_currencies(staff, **options):
    """An order of 13.60 USD: 10.00 of it by transfer, the rest asked in bolívares."""
    order = place(StockItemFactory(), is_pickup=True, **options)
    part = services.new_attempt(order_id=order.pk, provider="bank_transfer", part=Money(Decimal("10.00"), "USD"))
    services.start_payment(payment_id=part.pk)
    services.confirm_manual_payment(payment_id=part.pk, staff_user=staff, amount=part.money)
    rest = services.new_attempt(order_id=order.pk, provider="cash_on_pickup")
    services.start_payment(payment_id=rest.pk)
    return order


def usd(amount):
    return {"amount": amount, "currency": "USD"}


def test_each_row_says_what_it_pays_what_counted_and_by_which_rate(staff, ada):
    paid_in_two_currencies(staff, customer_id=ada.pk)

    rest, part = Caller(ada).get("payments/").json()["results"]

    assert (part["order_amount"], part["counted"], part["quote"]) == (usd("10.00"), usd("10.00"), None)
    assert (rest["order_amount"], rest["counted"]) == (usd("3.60"), usd("0.00"))
    assert rest["amount"] == {"amount": "2824.79", "currency": "VES"}
    quote = rest["quote"]
    assert (quote["before"], quote["after"]) == (rest["order_amount"], rest["amount"])
    assert (quote["rate"], quote["source"], quote["value_date"]) == ("784.6633", "bcv", "2026-11-20")


def test_the_rows_of_one_order_are_read_by_its_owner_and_by_a_guest_with_its_token(staff, ada):
    order = paid_in_two_currencies(staff, customer_id=ada.pk)
    guest = Caller(token=order_selectors.guest_token(order))

    answers = [caller.get(f"orders/{order.number}/payments/") for caller in (Caller(ada), guest, Caller(staff))]

    references = list(Payment.objects.order_by("-pk").values_list("reference", flat=True))
    assert [[row["reference"] for row in answer.json()] for answer in answers] == [references] * 3


def test_the_rows_of_an_order_are_nobody_elses(staff, ada):
    order, other = paid_in_two_currencies(staff), paid_in_two_currencies(staff, customer_id=ada.pk)
    strangers = [Caller(), Caller(ada), Caller(token=order_selectors.guest_token(other)), Caller(token="forged")]

    answers = [caller.get(f"orders/{order.number}/payments/") for caller in strangers]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "order-not-found")] * 4


@pytest.mark.parametrize(("address", "queries"), [("payments/", 5), ("orders/", 4)])
def test_a_list_of_many_costs_as_many_queries_as_one(staff, ada, address, queries, django_assert_max_num_queries):
    for _ in range(5):
        paid_in_two_currencies(staff, customer_id=ada.pk)

    with django_assert_max_num_queries(queries):  # two ask what the caller may, the others for count, rows and refunds
        assert Caller(ada).get(address).json()["results"]


def test_the_rows_of_one_order_cost_few_queries_however_many_they_are(staff, ada, django_assert_max_num_queries):
    order = paid_in_two_currencies(staff, customer_id=ada.pk)

    with django_assert_max_num_queries(6):
        assert len(Caller(ada).get(f"orders/{order.number}/payments/").json()) == 2
