"""The books as staff read them: each movement, and what the accounts hold."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from apps.common.clock import database_now
from apps.common.tests.staff import boss_client, staff_client
from apps.fx_rates.tests.factories import RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.tests.placing import place
from apps.payments import selectors, services
from apps.payments.models import LedgerTransaction

pytestmark = pytest.mark.django_db

LIST = reverse("admin:payments_ledgertransaction_changelist")
BALANCES = reverse("admin:payments_ledgertransaction_balances")


@pytest.fixture
def sold(staff, settings):
    """13.60 USD, paid at the till as 10671.42 bolívares, which are 13.60000112… dollars."""
    settings.CASH_ON_PICKUP_CURRENCIES = ["VES"]
    RateFactory(rate=Decimal("784.6"))
    payment = services.open_payment(order=place(StockItemFactory(), is_pickup=True), provider="cash_on_pickup")
    services.start_payment(payment_id=payment.pk)
    return services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=payment.money)


def tables(client, **period):
    return {table["currency"]: table for table in client.get(BALANCES, period).context["currencies"]}


def test_the_balances_are_told_by_account_provider_and_currency_and_sum_to_zero(sold):
    shown = tables(boss_client())

    rows = [(row["account"], row["provider"], *row["figures"]) for row in shown["USD"]["rows"]]
    assert rows == [
        ("Customer", "—", "13.60 USD", "13.60 USD", "0.00 USD"),
        ("Sales", "—", "0.00 USD", "13.60 USD", "-13.60 USD"),
        ("Exchange", "—", "13.60 USD", "0.00 USD", "13.60 USD"),
    ]
    assert [(row["account"], row["provider"], row["figures"][2]) for row in shown["VES"]["rows"]] == [
        ("Clearing", "Cash on pickup", "10670.56 VES"),
        ("Exchange", "—", "-10670.56 VES"),
    ]
    assert shown["USD"]["sums"] == ["27.20 USD", "27.20 USD", "0.00 USD"]
    assert shown["VES"]["sums"] == ["10670.56 VES", "10670.56 VES", "0.00 VES"]
    assert all(table["is_balanced"] for table in shown.values())


def test_a_period_counts_both_its_days(sold):
    client, today = boss_client(), database_now().date()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)

    assert tables(client, since=yesterday, until=tomorrow).keys() == {"USD", "VES"}
    assert tables(client, since=tomorrow + timedelta(days=1)) == {}
    assert tables(client, until=yesterday - timedelta(days=1)) == {}


@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        ({"since": "2026-02-02", "until": "2026-02-01"}, "The first day comes after the last."),
        ({"since": "yesterday"}, "Enter a valid date."),
    ],
)
def test_a_period_that_is_none_is_said(db, period, sentence):
    answer = boss_client().get(BALANCES, period)

    assert answer.status_code == 200
    assert sentence in answer.content.decode()


def test_the_balances_are_for_those_who_may_see_the_books(sold):
    assert staff_client("payments.view_payment", email="a@example.test").get(BALANCES).status_code == 403
    assert staff_client("payments.view_ledgertransaction", email="b@example.test").get(BALANCES).status_code == 200
    assert boss_client().post(BALANCES).status_code == 405


def test_a_movement_shows_its_two_sides(sold):
    movement = LedgerTransaction.objects.earliest("pk")

    html = boss_client().get(reverse("admin:payments_ledgertransaction_change", args=[movement.pk])).content.decode()

    for text in (
        movement.description,
        sold.reference,
        sold.order.number,
        "10670.56 VES",
        "One currency given for another",
    ):
        assert text in html


def test_movements_are_found_by_order_and_account(sold):
    client = boss_client()

    assert client.get(LIST, {"q": sold.order.number}).context["cl"].result_count == 2
    assert client.get(LIST, {"account": "sales"}).context["cl"].result_count == 1
    assert client.get(LIST, {"account": "fees"}).context["cl"].result_count == 0


def test_many_movements_cost_as_many_queries_as_one(sold, django_assert_max_num_queries):
    client = boss_client()

    with django_assert_max_num_queries(8):
        client.get(LIST)
    with django_assert_max_num_queries(8):
        client.get(BALANCES)


def test_an_empty_book_has_no_balances(db):
    assert selectors.trial_balance() == {}
    assert "Nothing has moved." in boss_client().get(BALANCES).content.decode()


def test_the_calendar_of_the_period_has_the_scripts_that_it_leans_on(db):
    html = boss_client().get(BALANCES).content.decode()

    assert [name in html for name in ("admin/js/core.js", "admin/js/admin/DateTimeShortcuts.js")] == [True, True]
