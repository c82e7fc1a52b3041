import json
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.common.tests.staff import boss_client, press, staff_client
from apps.fx_rates import selectors
from apps.fx_rates.bank_days import caracas_date
from apps.fx_rates.models import ExchangeRateSnapshot, Verdict
from apps.fx_rates.tests.factories import AlertFactory, AnswerFactory, ManualRateFactory, RateFactory

pytestmark = pytest.mark.django_db


def days_ago(count):
    return caracas_date(timezone.now()) - timedelta(days=count)


@pytest.fixture
def boss():
    return boss_client()


def url(model, page="changelist", *args):
    return reverse(f"admin:fx_rates_{model}_{page}", args=args)


def acknowledge(client, *alerts):
    rows = [alert.pk for alert in alerts]
    return client.post(url("exchangeratealert"), {"action": "acknowledge_selected", "_selected_action": rows})


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
    assert made.actor == f"staff:{boss.user.pk}"


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
    address = url("exchangeratesnapshot", "button", by_hand.pk, "end")

    assert said(press(boss, address)) == ["What the sources say about VES counts again."]
    assert selectors.current_rate("VES").kind == "official"
    assert said(boss.get(address, follow=True)) == [f"“End now” is not possible for {by_hand} as it stands now."]


def test_an_answer_that_waits_is_released(boss):
    waiting = AnswerFactory(verdict=Verdict.NEEDS_APPROVAL)

    response = press(boss, url("exchangeratelog", "button", waiting.pk, "release"))

    rate = ExchangeRateSnapshot.objects.get()
    assert said(response) == [f"{rate} is a rate now."]
    assert (rate.log, rate.actor) == (waiting, f"staff:{boss.user.pk}")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"verdict": Verdict.REFUSED}, "is not possible"),
        ({"verdict": Verdict.NEEDS_APPROVAL, "value_date": date(2026, 1, 5)}, "is not newer than the rate held"),
    ],
)
def test_an_answer_that_does_not_wait_is_not_released(boss, changes, sentence):
    answer = AnswerFactory(**changes)

    response = press(boss, url("exchangeratelog", "button", answer.pk, "release"))

    assert sentence in unescape(response.content.decode()) or sentence in said(response)[0]
    assert not ExchangeRateSnapshot.objects.exists()


def test_an_alert_is_acknowledged_with_a_note(boss):
    alert = AlertFactory()

    press(boss, url("exchangeratealert", "button", alert.pk, "acknowledge"), note="Looked it up")

    alert.refresh_from_db()
    assert (alert.is_acknowledged, alert.note) == (True, "Looked it up")


def test_alerts_are_acknowledged_by_the_handful(boss):
    alerts = [AlertFactory(), AlertFactory()]

    acknowledge(boss, *alerts)

    assert not selectors.alerts(is_acknowledged=False).exists()


@pytest.mark.parametrize("factory", [RateFactory, AnswerFactory, AlertFactory])
def test_rows_are_neither_edited_nor_deleted(boss, factory):
    row = factory()

    assert boss.post(url(row._meta.model_name, "change", row.pk), {}).status_code == 403
    assert boss.post(url(row._meta.model_name, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_who_may_only_look_can_only_look():
    models = ["exchangeratesnapshot", "exchangeratelog", "exchangeratealert"]
    clerk = staff_client(*[f"fx_rates.view_{model}" for model in models])
    by_hand, waiting, alert = ManualRateFactory(), AnswerFactory(verdict=Verdict.NEEDS_APPROVAL), AlertFactory()

    assert [clerk.get(url(model)).status_code for model in models] == [200, 200, 200]
    assert clerk.post(url("exchangeratesnapshot", "add"), manual()).status_code == 403
    for row, button in [(by_hand, "end"), (waiting, "release"), (alert, "acknowledge")]:
        assert clerk.post(url(row._meta.model_name, "button", row.pk, button)).status_code == 403
    acknowledge(clerk, alert)
    assert ExchangeRateSnapshot.objects.get() == by_hand
    assert selectors.alerts(is_acknowledged=False).exists()
