from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import Money
from apps.fx_rates import selectors, services
from apps.fx_rates.bank_days import caracas_date, start_of
from apps.fx_rates.exceptions import CurrencyNotKept, MomentInFuture, NoFitRate, NoRateThen
from apps.fx_rates.tests.factories import ManualRateFactory, RateFactory

pytestmark = pytest.mark.django_db


def days_ago(count):
    return caracas_date(timezone.now()) - timedelta(days=count)


class TestTheRateInUse:
    def test_says_source_value_date_and_that_it_is_no_fallback(self):
        made = RateFactory()

        rate = selectors.current_rate("VES")

        assert (rate.snapshot_id, rate.rate, rate.source, rate.is_fallback) == (
            made.pk,
            Decimal("784.6633"),
            "bcv",
            False,
        )

    def test_is_the_newest_value_date_that_has_begun(self):
        RateFactory(value_date=days_ago(1), rate=1)
        today = RateFactory(value_date=days_ago(0), rate=2)
        RateFactory(value_date=days_ago(-1), rate=3, effective_at=start_of(days_ago(-1)))

        assert selectors.current_rate("VES").snapshot_id == today.pk

    def test_of_two_for_a_day_is_the_later_one(self):
        RateFactory(value_date=days_ago(0), source="dolarapi")
        better = RateFactory(value_date=days_ago(0), rate=Decimal("784.6634"))

        assert selectors.current_rate("VES").snapshot_id == better.pk

    @pytest.mark.parametrize(("days", "is_fit"), [(5, True), (6, False)])
    def test_is_none_when_the_newest_is_more_than_five_days_old(self, days, is_fit):
        RateFactory(value_date=days_ago(days))

        if is_fit:
            assert selectors.current_rate("VES").value_date == days_ago(5)
        else:
            with pytest.raises(NoFitRate):
                selectors.current_rate("VES")

    def test_is_none_where_there_has_never_been_one(self):
        with pytest.raises(NoFitRate):
            selectors.current_rate("VES")

    def test_is_refused_for_a_currency_that_is_not_kept(self):
        with pytest.raises(CurrencyNotKept):
            selectors.current_rate("ARS")

    def test_costs_one_query_when_it_is_known(self, django_assert_num_queries):
        RateFactory()
        selectors.current_rate("VES")

        with django_assert_num_queries(1):
            selectors.current_rate("VES")

    def test_is_never_kept_past_the_moment_at_which_the_clock_changes_it(self):
        RateFactory(value_date=days_ago(1), rate=1)
        soon = timezone.now() + timedelta(hours=2)
        RateFactory(value_date=days_ago(0), rate=2, effective_at=soon)

        assert selectors.current_rate("VES").good_until == soon


class TestTheFallback:
    def test_is_the_last_accepted_rate_plus_the_owners_margin_and_says_so(self, settings):
        settings.FX_FALLBACK_MARGIN_PERCENT = "7.5"
        last = RateFactory(value_date=days_ago(30))

        rate = selectors.current_rate("VES")

        assert (rate.rate, rate.is_fallback, rate.margin_percent) == (Decimal("843.5130475"), True, Decimal("7.5"))
        assert (rate.snapshot_id, rate.value_date) == (last.pk, days_ago(30))

    def test_is_not_used_while_a_rate_is_fit(self, settings):
        settings.FX_FALLBACK_MARGIN_PERCENT = "7.5"
        RateFactory(value_date=days_ago(1))

        assert selectors.current_rate("VES").is_fallback is False

    def test_needs_a_rate_that_was_once_accepted(self, settings):
        settings.FX_FALLBACK_MARGIN_PERCENT = "7.5"

        with pytest.raises(NoFitRate):
            selectors.current_rate("VES")


class TestTheRateOfAMoment:
    friday, monday = date(2026, 8, 21), date(2026, 8, 24)

    @pytest.fixture(autouse=True)
    def history(self):
        self.old = RateFactory(value_date=self.friday, rate=780, effective_at=start_of(self.friday))
        self.new = RateFactory(value_date=self.monday, rate=785, effective_at=start_of(self.monday))
        self.by_hand = ManualRateFactory(
            value_date=self.monday,
            effective_at=datetime(2026, 8, 24, 15, tzinfo=UTC),
            expires_at=datetime(2026, 8, 24, 18, tzinfo=UTC),
        )

    @pytest.mark.parametrize(
        ("moment", "which"),
        [
            ("2026-08-21T04:00:00Z", "old"),
            ("2026-08-24T03:59:59Z", "old"),  # Sunday night in Caracas
            ("2026-08-24T04:00:00Z", "new"),
            ("2026-08-24T14:59:59Z", "new"),
            ("2026-08-24T15:00:00Z", "by_hand"),
            ("2026-08-24T17:59:59Z", "by_hand"),
            ("2026-08-24T18:00:00Z", "new"),
            ("2026-08-30T03:59:59Z", "new"),
        ],
    )
    def test_is_what_the_shop_used_then(self, moment, which):
        at = datetime.fromisoformat(moment)

        assert selectors.rate_at("VES", at).snapshot_id == getattr(self, which).pk

    @pytest.mark.parametrize("moment", ["2026-08-21T03:59:59Z", "2026-08-30T04:00:00Z", "2020-01-01T00:00:00Z"])
    def test_is_none_before_the_first_and_when_the_newest_was_stale(self, moment, settings):
        settings.FX_FALLBACK_MARGIN_PERCENT = "5"

        with pytest.raises(NoRateThen):
            selectors.rate_at("VES", datetime.fromisoformat(moment))

    def test_is_not_told_of_the_future(self):
        with pytest.raises(MomentInFuture):
            selectors.rate_at("VES", timezone.now() + timedelta(minutes=1))


class TestConverting:
    @pytest.fixture(autouse=True)
    def rates(self, settings):
        settings.FX_CURRENCIES = ["VES", "NGN", "XAF"]
        RateFactory()
        for currency, rate in {"NGN": Decimal("1530.42"), "XAF": Decimal("561.4")}.items():
            RateFactory(currency=currency, kind="aggregate", source="open_er_api", rate=rate)

    @pytest.mark.parametrize(
        ("amount", "currency", "to", "result", "rate"),
        [
            ("100", "USD", "VES", "78466.33", "784.6633"),
            ("0.01", "USD", "VES", "7.85", "784.6633"),
            ("78466.33", "VES", "USD", "100.00", "0.0012744320"),
            ("100", "NGN", "VES", "51.27", "0.5127110858"),
            ("10", "USD", "XAF", "5614", "561.4"),
            ("5", "VES", "VES", "5.00", "1"),
            ("5", "USD", "USD", "5.00", "1"),
        ],
    )
    def test_goes_through_the_dollar_and_rounds_once_at_the_end(self, amount, currency, to, result, rate):
        made = selectors.convert(Money(Decimal(amount), currency), to)

        assert made.after == Money(Decimal(result), to)
        assert made.rate == Decimal(rate)

    def test_names_the_rates_it_went_through(self):
        made = selectors.convert(Money(Decimal(1), "NGN"), "VES")

        assert [(leg.currency, leg.kind) for leg in made.legs] == [("NGN", "aggregate"), ("VES", "official")]

    def test_is_refused_when_either_side_is_not_kept(self):
        for one, other in [("USD", "ARS"), ("ARS", "USD")]:
            with pytest.raises(CurrencyNotKept):
                selectors.convert(Money(Decimal(1), one), other)


@given(st.integers(0, 10**15), st.integers(1, 10**16))
def test_the_product_is_rounded_half_up_exactly_once(cents, units):
    money = selectors.multiplied(Decimal(cents).scaleb(-2), Decimal(units).scaleb(-8), "VES")

    assert money.amount == Decimal((cents * units * 2 + 10**8) // (2 * 10**8)).scaleb(-2)


def test_statistics_tell_the_newest_figure_of_each_day_and_how_sources_answer():
    RateFactory(value_date=days_ago(40), rate=1)
    RateFactory(value_date=days_ago(3), rate=700, source="dolarapi")
    RateFactory(value_date=days_ago(3), rate=800)
    RateFactory(value_date=days_ago(1), rate=820)
    ManualRateFactory(rate=9999)

    stats = selectors.statistics("VES", 30)

    assert stats.points == [(days_ago(3), 800), (days_ago(1), 820)]
    assert (stats.lowest, stats.highest, stats.change_percent) == (800, 820, Decimal("2.5"))
    assert [(one.source, one.answers, one.failures) for one in stats.sources] == [("bcv", 3, 0), ("dolarapi", 1, 0)]


def test_statistics_of_nothing_are_empty():
    stats = selectors.statistics("VES", 30)

    assert (stats.points, stats.lowest, stats.change_percent, stats.largest_step_percent) == ([], None, None, None)


def test_the_version_changes_with_every_change_of_rates():
    seen = {selectors.version("VES")}
    for change in (
        RateFactory,
        lambda: services.set_manual_rate(
            currency="VES",
            rate=Decimal(790),
            expires_at=timezone.now() + timedelta(hours=1),
            reason="x",
            actor="staff:1",
        ),
        lambda: services.end_manual_rate(currency="VES"),
    ):
        change()
        seen.add(selectors.version("VES"))

    assert len(seen) == 4
