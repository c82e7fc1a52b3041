"""What an order's page tells of its money, in words and in both currencies."""

from decimal import Decimal

import pytest
from django.urls import reverse

from apps.common.money import Money
from apps.common.tests.staff import boss_client, staff_client
from apps.fx_rates import services as fx_services
from apps.fx_rates.tests.factories import RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.payments import selectors, services

pytestmark = pytest.mark.django_db


def usd(amount):
    return Money(Decimal(amount), "USD")


def page(client, order):
    return client.get(reverse("admin:orders_order_change", args=[order.pk]))


@pytest.fixture
def boss():
    return boss_client()


@pytest.fixture
def order():
    """13.60 USD, shown as 10671.42 VES."""
    RateFactory()
    order = place(StockItemFactory(), is_pickup=True)
    Order.objects.filter(pk=order.pk).update(quote=fx_services.quote(money=order.total, currency="VES"))
    return Order.objects.get(pk=order.pk)


def attempt(order, provider, **options):
    payment = services.new_attempt(order_id=order.pk, provider=provider, **options)
    services.start_payment(payment_id=payment.pk)
    payment.refresh_from_db()
    return payment


@pytest.fixture
def history(order, boss, settings):
    """10.00 of it by transfer, one transfer that was not found, and the rest in bolívares, where too little came."""
    settings.CASH_ON_PICKUP_CURRENCIES = ["VES"]
    lost = attempt(order, "bank_transfer", part=usd("5.00"))
    services.reject_manual_payment(payment_id=lost.pk, staff_user=boss.user, reason="Nothing came")
    part = attempt(order, "bank_transfer", part=usd("10.00"))
    services.confirm_manual_payment(payment_id=part.pk, staff_user=boss.user, amount=usd("10.00"))
    rest = attempt(order, "cash_on_pickup")
    too_little = Money(Decimal("2000.00"), "VES")
    services.confirm_manual_payment(payment_id=rest.pk, staff_user=boss.user, amount=too_little)
    return rest


def test_the_story_tells_what_was_asked_booked_refused_and_put_before_staff(order, history):
    told = [(step.kind, step.sentence) for step in selectors.order_story(order)]

    today = f"{history.quote.value_date:%d %b %Y}"
    assert told == [
        ("asked", "5.00 USD were asked through bank transfer."),
        ("failed", "5.00 USD through bank transfer failed: Nothing came."),
        ("asked", "10.00 USD were asked through bank transfer."),
        ("booked", "10.00 USD came by bank transfer."),
        (
            "asked",
            f"2824.79 VES were asked through cash on pickup for 3.60 USD, at 784.6633 VES for one USD (bcv, {today}).",
        ),
        ("booked", "2000.00 VES came by cash on pickup where 2824.79 VES were asked."),
        ("case", f"A case is open: {history}: 2000.00 VES came where 2824.79 VES were asked."),
    ]


def test_a_decision_becomes_part_of_the_story(order, history, boss):
    services.accept_set_aside(payment_id=history.pk, staff_user=boss.user)

    *_, accepted, closed = selectors.order_story(order)

    assert (accepted.moves[0].account, str(accepted.moves[0].money)) == ("clearing", "2000.00 VES")
    assert sum((move.money.amount for move in accepted.moves if move.money.currency == "USD"), Decimal(0)) == 0
    assert closed.sentence == "It was closed by boss@example.test: 2000.00 VES count for what they are worth."


def test_the_page_says_what_is_left_in_both_currencies(order, history, boss):
    html = page(boss, order).content.decode()

    shown = ["10671.42 VES", "10.00 USD", "7846.63 VES", "3.60 USD", "2824.79 VES", "784.6633 VES for one USD", "bcv"]
    assert [text for text in shown if text not in html] == []
    assert "Clearing bank transfer 10.00 USD" in html


def test_an_order_without_a_second_currency_has_one(boss):
    answer = page(boss, place(StockItemFactory()))

    assert [second for _, _, second in answer.context["money"]["rows"]] == [None, None, None]
    assert answer.context["story"] == []


def test_money_is_told_only_to_those_who_may_see_payments(order, history):
    answer = page(staff_client("orders.view_order"), order)

    assert (answer.context["money"], answer.context["story"]) == (None, None)
    assert "were asked through" not in answer.content.decode()


def test_a_long_story_asks_no_more_questions(order, history, boss, django_assert_max_num_queries):
    for _ in range(5):
        payment = attempt(order, "bank_transfer", part=usd("0.10"))
        services.confirm_manual_payment(payment_id=payment.pk, staff_user=boss.user, amount=usd("0.10"))

    with django_assert_max_num_queries(18):
        page(boss, order)
