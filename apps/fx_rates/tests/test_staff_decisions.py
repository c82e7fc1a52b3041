from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.common import audit
from apps.fx_rates import selectors, services
from apps.fx_rates.bank_days import caracas_date
from apps.fx_rates.exceptions import AlertNotFound, AnswerNotWaiting, CurrencyNotKept, ManualRateRefused, NoManualRate
from apps.fx_rates.models import ExchangeRateAlert, ExchangeRateSnapshot, Verdict
from apps.fx_rates.tests.factories import AlertFactory, AnswerFactory, ManualRateFactory, RateFactory

pytestmark = pytest.mark.django_db


def days_ago(count):
    return caracas_date(timezone.now()) - timedelta(days=count)


def in_hours(hours):
    return timezone.now() + timedelta(hours=hours)


def set_rate(rate=790, **changes):
    wishes = {"currency": "VES", "rate": Decimal(rate), "expires_at": in_hours(1), "reason": "BCV is down"}
    return services.set_manual_rate(**wishes | {"actor": "staff:7"} | changes)


class TestAManualRate:
    def test_stands_before_the_sources_at_once_and_until_it_ends(self):
        RateFactory()
        selectors.current_rate("VES")

        made = set_rate()

        rate = selectors.current_rate("VES")
        assert (rate.snapshot_id, rate.kind, rate.rate, rate.expires_at) == (made.pk, "manual", 790, made.expires_at)
        assert (made.actor, made.reason) == ("staff:7", "BCV is down")

    def test_makes_quoting_possible_when_nothing_else_is_fit(self):
        RateFactory(value_date=days_ago(30))

        set_rate(700)

        assert selectors.current_rate("VES").rate == 700

    def test_gives_way_to_a_newer_one(self):
        set_rate(790)
        set_rate(791)

        assert selectors.current_rate("VES").rate == 791

    def test_is_ended_and_the_sources_count_again(self):
        RateFactory()
        set_rate(790)
        set_rate(791)

        assert services.end_manual_rate(currency="VES") == 2
        assert selectors.current_rate("VES").kind == "official"
        with pytest.raises(NoManualRate):
            services.end_manual_rate(currency="VES")

    def test_is_over_when_its_time_is(self):
        RateFactory()
        ManualRateFactory(effective_at=in_hours(-2), expires_at=in_hours(-1))

        assert selectors.current_rate("VES").kind == "official"

    @pytest.mark.parametrize("hours", [-1, 7 * 24 + 1])
    def test_ends_after_now_and_within_a_week(self, hours):
        with pytest.raises(ManualRateRefused):
            set_rate(expires_at=in_hours(hours))

        assert not ExchangeRateSnapshot.objects.exists()

    def test_is_for_a_currency_that_is_kept(self):
        with pytest.raises(CurrencyNotKept):
            set_rate(currency="ARS")
        with pytest.raises(CurrencyNotKept):
            services.end_manual_rate(currency="ARS")

    @pytest.mark.parametrize(("rate", "alerts"), [("823", 0), ("824", 1), ("745", 1), ("7846.63", 1)])
    def test_that_is_more_than_five_percent_away_is_told(self, rate, alerts):
        RateFactory()

        set_rate(rate)

        assert ExchangeRateAlert.objects.filter(kind="large_move").count() == alerts

    def test_is_no_measure_for_what_the_sources_say(self, world):
        RateFactory(value_date=days_ago(1), rate=Decimal(780))
        set_rate(2000)

        services.fetch_rates(force=True)
        services.end_manual_rate(currency="VES")

        assert selectors.current_rate("VES").rate == Decimal("784.6633")


class TestAnAnswerThatWaits:
    def waiting(self, **changes):
        return AnswerFactory(**{"verdict": Verdict.NEEDS_APPROVAL, "rate": Decimal(1100)} | changes)

    def test_becomes_the_rate_when_staff_release_it(self):
        RateFactory(value_date=days_ago(1))
        answer = self.waiting()

        made = services.release_answer(log_id=answer.pk, actor="staff:7")

        assert selectors.current_rate("VES").snapshot_id == made.pk
        assert (made.rate, made.actor, made.log_id) == (1100, "staff:7", answer.pk)
        assert ExchangeRateAlert.objects.get().kind == "large_move"
        assert list(audit.run()) == []

    def test_is_released_once(self):
        answer = self.waiting()
        services.release_answer(log_id=answer.pk, actor="staff:7")

        with pytest.raises(AnswerNotWaiting):
            services.release_answer(log_id=answer.pk, actor="staff:8")

    def test_is_not_released_when_the_same_figure_was(self):
        services.release_answer(log_id=self.waiting().pk, actor="staff:7")

        with pytest.raises(AnswerNotWaiting):
            services.release_answer(log_id=self.waiting().pk, actor="staff:8")

    @pytest.mark.parametrize("flaw", [{"verdict": Verdict.REFUSED}, {"value_date": days_ago(2)}])
    def test_is_not_released_when_it_was_refused_or_a_newer_rate_has_come(self, flaw):
        RateFactory(value_date=days_ago(1))

        with pytest.raises(AnswerNotWaiting):
            services.release_answer(log_id=self.waiting(**flaw).pk, actor="staff:7")

    def test_is_not_released_when_it_is_stale(self):
        with pytest.raises(AnswerNotWaiting):
            services.release_answer(log_id=self.waiting(value_date=days_ago(6)).pk, actor="staff:7")

    def test_is_then_what_the_next_answers_are_measured_by(self, world):
        RateFactory(value_date=days_ago(1), rate=Decimal(500))
        world.ask_only("bcv")
        services.fetch_rates(force=True)
        services.release_answer(log_id=selectors.waiting_answers().get().pk, actor="staff:7")

        report = services.fetch_rates(force=True)

        assert report.answers[0]["verdict"] == Verdict.CONFIRMED


class TestAnAlert:
    def test_is_acknowledged_by_the_first_who_says_so(self):
        alert = AlertFactory()

        services.acknowledge_alert(alert_id=alert.public_id, actor="staff:7", note="Seen")
        services.acknowledge_alert(alert_id=alert.public_id, actor="staff:8", note="Me too")

        alert.refresh_from_db()
        assert (alert.acknowledged_by, alert.note, alert.is_acknowledged) == ("staff:7", "Seen", True)

    def test_that_is_not_there_cannot_be(self):
        with pytest.raises(AlertNotFound):
            services.acknowledge_alert(alert_id=AlertFactory.build().public_id, actor="staff:7")
