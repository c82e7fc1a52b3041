import json
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.fx_rates import selectors
from apps.fx_rates.bank_days import caracas_date
from apps.fx_rates.models import ExchangeRateAlert, ExchangeRateSnapshot, Verdict
from apps.fx_rates.tests.factories import AlertFactory, AnswerFactory, ManualRateFactory, RateFactory

pytestmark = pytest.mark.django_db


def days_ago(count):
    return caracas_date(timezone.now()) - timedelta(days=count)


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss@example.test", "a-long-password"))
    return client


def clerk_with(client, *permissions):
    user = User.objects.create_user("clerk@example.test", "a-long-password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def url(model, page="changelist", *args):
    return reverse(f"admin:fx_rates_{model}_{page}", args=args)


def act(client, model, action, *rows):
    return client.post(url(model), {"action": action, "_selected_action": [row.pk for row in rows]}, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def manual(**changes):
    ends = timezone.now() + timedelta(hours=2)
    form = {"currency": "VES", "rate": "790.5", "reason": "BCV is down"}
    return form | {"expires_at_0": f"{ends:%Y-%m-%d}", "expires_at_1": f"{ends:%H:%M:%S}"} | changes


def test_the_rates_are_drawn_day_by_day(boss):
    RateFactory(value_date=days_ago(2), rate=800)
    RateFactory(value_date=days_ago(1), rate=820)

    page = unescape(boss.get(url("exchangeratesnapshot")).content.decode())

    start = page.index('data-value="') + len('data-value="')
    drawn, _ = json.JSONDecoder().raw_decode(page[start:])
    assert drawn["labels"] == [str(days_ago(2)), str(days_ago(1))]
    assert drawn["datasets"][0]["data"] == ["800.0000000000", "820.0000000000"]
    assert f"820 on {days_ago(1)}; +2.50 % in these days." in page


def test_without_rates_the_page_says_so(boss):
    assert "No rate has been accepted in these days." in boss.get(url("exchangeratesnapshot")).content.decode()


def test_a_rate_is_set_by_hand(boss):
    assert boss.get(url("exchangeratesnapshot", "add")).status_code == 200

    response = boss.post(url("exchangeratesnapshot", "add"), manual(), follow=True)

    made = ExchangeRateSnapshot.objects.get()
    assert said(response) == [f"{made} is in use."]
    assert (made.rate, made.reason, made.kind) == (Decimal("790.5"), "BCV is down", "manual")
    assert made.actor == f"staff:{User.objects.get().pk}"


@pytest.mark.parametrize(
    "flaw", [{"rate": "-1"}, {"rate": "NaN"}, {"reason": ""}, {"currency": "ARS"}, {"expires_at_0": "2020-01-01"}]
)
def test_a_rate_that_is_wrong_is_asked_again(boss, flaw):
    response = boss.post(url("exchangeratesnapshot", "add"), manual(**flaw))

    assert response.status_code == 200
    assert response.context["form"].errors
    assert not ExchangeRateSnapshot.objects.exists()


def test_manual_rates_are_ended(boss):
    by_hand = ManualRateFactory()
    RateFactory()

    response = act(boss, "exchangeratesnapshot", "end_manual_rates", by_hand)

    assert said(response) == ["The sources count again for VES."]
    assert selectors.current_rate("VES").kind == "official"
    again = act(boss, "exchangeratesnapshot", "end_manual_rates", by_hand)
    assert said(again) == ["No manual rate for VES is in use."]


def test_answers_that_wait_are_released_and_others_are_not(boss):
    waiting = AnswerFactory(verdict=Verdict.NEEDS_APPROVAL)
    refused = AnswerFactory(verdict=Verdict.REFUSED)

    sentences = said(act(boss, "exchangeratelog", "release_selected", waiting, refused))

    assert sentences == ["784.6633000000 VES is a rate now.", "bcv VES refused is no answer that waits."]
    assert ExchangeRateSnapshot.objects.get().log == waiting


def test_alerts_are_acknowledged(boss):
    alert = AlertFactory()

    act(boss, "exchangeratealert", "acknowledge_selected", alert)

    assert ExchangeRateAlert.objects.get().is_acknowledged


@pytest.mark.parametrize("model", ["exchangeratesnapshot", "exchangeratelog", "exchangeratealert"])
def test_rows_are_read_and_neither_edited_nor_deleted(boss, model):
    rows = {"exchangeratesnapshot": RateFactory, "exchangeratelog": AnswerFactory, "exchangeratealert": AlertFactory}
    row = rows[model]()

    assert boss.get(url(model)).status_code == 200
    assert boss.get(url(model, "change", row.pk)).status_code == 200
    assert boss.post(url(model, "change", row.pk), {}).status_code == 403
    assert boss.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_who_may_only_look_can_only_look(client):
    clerk = clerk_with(client, "view_exchangeratesnapshot", "view_exchangeratelog", "view_exchangeratealert")
    waiting, alert = AnswerFactory(verdict=Verdict.NEEDS_APPROVAL), AlertFactory()

    assert clerk.post(url("exchangeratesnapshot", "add"), manual()).status_code == 403
    act(clerk, "exchangeratelog", "release_selected", waiting)
    act(clerk, "exchangeratealert", "acknowledge_selected", alert)

    assert clerk.get(url("exchangeratesnapshot")).status_code == 200
    assert not ExchangeRateSnapshot.objects.exists()
    assert not ExchangeRateAlert.objects.get().is_acknowledged


def test_who_may_release_may_do_so(client):
    clerk = clerk_with(client, "change_exchangeratelog")
    waiting = AnswerFactory(verdict=Verdict.NEEDS_APPROVAL)

    act(clerk, "exchangeratelog", "release_selected", waiting)

    assert ExchangeRateSnapshot.objects.count() == 1
