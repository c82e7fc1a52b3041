"""Asking over the wire: seven sources in the sandbox, which may say anything and fail in every way."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from time import monotonic

import pytest
from django.utils import timezone

from apps.common import audit
from apps.fx_rates import selectors, services
from apps.fx_rates.bank_days import caracas_date, start_of
from apps.fx_rates.exceptions import NoFitRate
from apps.fx_rates.models import ExchangeRateAlert, ExchangeRateLog, ExchangeRateSnapshot, Reason, Verdict
from apps.fx_rates.providers import wire
from apps.fx_rates.tests.conftest import SOURCES
from apps.fx_rates.tests.factories import AnswerFactory, RateFactory
from apps.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db

RATE = Decimal("784.6633")
FRIDAY, MONDAY = date(2026, 8, 21), date(2026, 8, 24)
FRIDAY_AFTERNOON = datetime(2026, 8, 21, 20, 30, tzinfo=UTC)  # 16:30 in Caracas, when Monday's rate is published


def days_ago(count):
    return caracas_date(timezone.now()) - timedelta(days=count)


def verdicts(report):
    return {answer["source"]: (answer["verdict"], answer["reason"]) for answer in report.answers}


def alerts():
    return list(ExchangeRateAlert.objects.order_by("id").values_list("kind", flat=True))


def test_the_first_round_brings_the_central_banks_rate_and_keeps_every_answer(world):
    report = services.fetch_rates()

    assert verdicts(report) == {
        "bcv": (Verdict.ACCEPTED, ""),
        "dolarapi": (Verdict.CONFIRMED, ""),
        "pydolarve": (Verdict.CONFIRMED, ""),
        "exchangerate_api": (Verdict.REFERENCE, ""),
        "open_er_api": (Verdict.REFERENCE, ""),
        "open_exchange_rates": (Verdict.REFERENCE, ""),
        "exchangerate_host": (Verdict.REFERENCE, ""),
    }
    assert sorted(world.asked()) == sorted(SOURCES)
    (rate,) = ExchangeRateSnapshot.objects.all()
    assert (rate.rate, rate.source, rate.kind, rate.actor) == (RATE, "bcv", "official", "shop")
    assert "784,66330000" in rate.log.raw
    assert ExchangeRateLog.objects.count() == 7
    assert list(audit.run()) == []


def test_a_second_round_at_once_asks_nobody(world):
    services.fetch_rates()

    report = services.fetch_rates()

    assert (report.answers, sorted(report.resting)) == ([], sorted(SOURCES))
    assert len(world.asked()) == 7


def test_force_asks_everybody_again_and_changes_nothing_when_nothing_is_new(world):
    services.fetch_rates()

    report = services.fetch_rates(force=True)

    assert verdicts(report)["bcv"] == (Verdict.CONFIRMED, "")
    assert len(world.asked()) == 14
    assert ExchangeRateSnapshot.objects.count() == 1


def test_a_dry_run_asks_and_judges_and_keeps_nothing(world):
    world.fails("dolarapi", "error_500")

    report = services.fetch_rates(dry_run=True)

    assert report.as_json()["accepted"] == 1
    assert verdicts(report)["dolarapi"] == (Verdict.FAILED, Reason.UNREACHABLE)
    for model in (ExchangeRateSnapshot, ExchangeRateLog, ExchangeRateAlert, OutboxMessage):
        assert not model.objects.exists()


def test_mondays_rate_is_known_on_friday_and_used_from_monday(world):
    world.ask_only("bcv")
    RateFactory(value_date=FRIDAY, rate=Decimal(780), effective_at=start_of(FRIDAY))
    world.says("bcv", value_date=MONDAY)

    services.fetch_rates(force=True, now=FRIDAY_AFTERNOON)

    assert ExchangeRateSnapshot.objects.get(rate=RATE).effective_at == start_of(MONDAY)
    assert selectors.rate_at("VES", start_of(MONDAY) - timedelta(microseconds=1)).rate == 780
    assert selectors.rate_at("VES", start_of(MONDAY)).rate == RATE


def test_a_new_rate_is_seen_by_the_very_next_read(world):
    world.ask_only("bcv")
    RateFactory(value_date=days_ago(1), rate=Decimal(780))
    assert selectors.current_rate("VES").rate == 780

    services.fetch_rates(force=True)

    assert selectors.current_rate("VES").rate == RATE


def test_a_lower_source_carries_on_when_the_bank_is_down(world):
    RateFactory(value_date=days_ago(1), rate=Decimal(780))
    world.fails("bcv", "error_500")

    services.fetch_rates()

    assert selectors.current_rate("VES").source == "dolarapi"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("error_500", Reason.UNREACHABLE),
        ("rate_limit_429", Reason.REFUSED_BY_SOURCE),
        ("reset", Reason.UNREACHABLE),
        ("reset_after_recording", Reason.UNREACHABLE),
        ("malformed_json", Reason.UNREADABLE),
    ],
)
@pytest.mark.parametrize("source", ["bcv", "dolarapi", "open_er_api"])
def test_a_source_that_fails_is_written_down_and_sets_nothing(world, source, kind, reason):
    world.ask_only(source)
    world.fails(source, kind)

    report = services.fetch_rates()

    assert verdicts(report) == {source: (Verdict.FAILED, reason)}
    assert not ExchangeRateSnapshot.objects.exists()
    with pytest.raises(NoFitRate):
        selectors.current_rate("VES")


def test_a_source_that_keeps_us_waiting_is_given_up(world):
    hurried = wire.Wire(world.settings.FX_DOLARAPI_URL, seconds=0.2)
    world.fails("dolarapi", "hang_after_recording")
    began = monotonic()

    with pytest.raises(wire.SourceFailed) as failed:
        hurried.get("/v1/dolares/oficial")

    assert failed.value.reason == Reason.UNREACHABLE
    assert monotonic() - began < 2


def test_an_answer_without_end_is_given_up(world, monkeypatch):
    world.ask_only("bcv")
    monkeypatch.setattr(wire, "MOST_BYTES", 1000)

    assert verdicts(services.fetch_rates()) == {"bcv": (Verdict.FAILED, Reason.UNREADABLE)}


@pytest.mark.parametrize("source", ["exchangerate_api", "open_exchange_rates", "exchangerate_host"])
def test_a_key_that_is_not_right_is_a_refusal_and_appears_nowhere(world, source, caplog):
    world.ask_only(source)
    setattr(world.settings, f"FX_{source.upper()}_KEY", "invalid")
    caplog.set_level("INFO")

    report = services.fetch_rates()

    assert verdicts(report) == {source: (Verdict.FAILED, Reason.REFUSED_BY_SOURCE)}
    assert world.settings.FX_OPEN_ER_API_URL not in caplog.text
    assert "HTTP Request" not in caplog.text


def test_sources_keep_the_owners_order_and_those_without_their_key_are_left_out(world):
    world.ask_only("open_exchange_rates", "dolarapi", "pydolarve", "bcv")
    world.settings.FX_OPEN_EXCHANGE_RATES_KEY = ""

    report = services.fetch_rates()

    assert [answer["source"] for answer in report.answers] == ["dolarapi", "pydolarve", "bcv"]
    assert "open_exchange_rates" not in world.asked()


@pytest.mark.parametrize(
    ("source", "manner", "outcome"),
    [
        ("bcv", "swapped_comma", (Verdict.FAILED, Reason.UNREADABLE)),
        ("dolarapi", "swapped_comma", (Verdict.FAILED, Reason.UNREADABLE)),
        ("dolarapi", "parallel", (Verdict.FAILED, Reason.PARALLEL_RATE)),
        ("bcv", "stale", (Verdict.REFUSED, Reason.STALE)),
        ("dolarapi", "stale", (Verdict.REFUSED, Reason.STALE)),
    ],
)
def test_what_a_source_garbles_is_never_used(world, source, manner, outcome):
    RateFactory(value_date=days_ago(1), rate=Decimal(780))
    world.ask_only(source)
    world.says(source, manner=manner)

    assert verdicts(services.fetch_rates(force=True)) == {source: outcome}
    assert selectors.current_rate("VES").rate == 780


def test_a_leap_waits_for_staff_and_tells_them_once(world):
    RateFactory(value_date=days_ago(0), rate=Decimal(500))
    world.ask_only("bcv")
    world.says("bcv", value_date=days_ago(-1))

    for _ in range(2):
        report = services.fetch_rates(force=True)

    assert verdicts(report) == {"bcv": (Verdict.NEEDS_APPROVAL, Reason.BEYOND_DEVIATION)}
    assert alerts() == ["needs_approval"]
    assert OutboxMessage.objects.filter(event_type="fx_rates.RateAlertRaised").count() == 1
    assert selectors.current_rate("VES").rate == 500


def test_sources_that_disagree_leave_the_rate_and_tell_staff(world):
    RateFactory(value_date=days_ago(1), rate=Decimal(780))
    world.ask_only("bcv", "dolarapi")
    world.says("dolarapi", rate="790")

    report = services.fetch_rates(force=True)

    assert set(verdicts(report).values()) == {(Verdict.REFUSED, Reason.SOURCES_DISAGREE)}
    assert alerts() == ["sources_disagree"]
    assert selectors.current_rate("VES").rate == 780


def test_a_large_move_is_taken_when_days_have_passed_and_is_told(world):
    RateFactory(value_date=date(2026, 8, 20), rate=Decimal(735))
    world.ask_only("bcv")
    world.says("bcv", value_date=MONDAY)

    services.fetch_rates(force=True, now=FRIDAY_AFTERNOON)

    alert = ExchangeRateAlert.objects.get()
    assert (alert.kind, alert.change_percent, alert.currency) == ("large_move", Decimal("6.76"), "VES")
    assert ExchangeRateSnapshot.objects.filter(rate=RATE).exists()


def test_an_aggregate_that_is_far_away_is_only_told(world):
    world.ask_only("bcv", "dolarapi", "open_er_api")
    world.says("open_er_api", rate="900")

    services.fetch_rates()

    assert alerts() == ["aggregate_apart"]
    assert selectors.current_rate("VES").rate == RATE


@pytest.mark.parametrize(("days", "told"), [(0, []), (3, []), (4, ["nothing_new"])])
def test_staff_hear_when_a_bank_day_has_gone_by_without_a_new_value(world, days, told):
    RateFactory(value_date=FRIDAY)
    world.ask_only()

    for _ in range(2):
        services.fetch_rates(now=FRIDAY_AFTERNOON + timedelta(days=days))

    assert alerts() == told


def test_staff_hear_when_there_has_never_been_a_rate(world):
    world.ask_only()

    services.fetch_rates()

    assert alerts() == ["nothing_new"]


def test_currencies_without_a_law_are_set_by_aggregates(world):
    world.settings.FX_CURRENCIES = ["VES", "NGN"]

    services.fetch_rates()

    naira = selectors.current_rate("NGN")
    assert (naira.rate, naira.source, naira.kind) == (Decimal("1530.42"), "exchangerate_api", "aggregate")
    assert selectors.current_rate("VES").kind == "official"


@pytest.mark.parametrize(
    ("source", "now", "minutes", "is_asked"),
    [
        ("bcv", FRIDAY_AFTERNOON, 11, True),
        ("bcv", FRIDAY_AFTERNOON, 9, False),
        ("bcv", FRIDAY_AFTERNOON - timedelta(hours=4), 29, False),
        ("bcv", FRIDAY_AFTERNOON - timedelta(hours=4), 31, True),
        ("open_er_api", FRIDAY_AFTERNOON, 54, False),
        ("open_er_api", FRIDAY_AFTERNOON, 56, True),
    ],
)
def test_a_source_has_its_interval_and_an_official_one_a_shorter_one_while_a_rate_is_expected(
    world, source, now, minutes, is_asked
):
    world.ask_only(source)
    AnswerFactory(source=source, fetched_at=now - timedelta(minutes=minutes))

    services.fetch_rates(now=now)

    assert world.asked() == ([source] if is_asked else [])


class TestTheCircuitBreaker:
    """Asked again after five minutes; from the third failure on after half an hour, one, two, four, at most six."""

    def failed(self, times, minutes_ago):
        for _ in range(times):
            AnswerFactory(
                verdict=Verdict.FAILED, currency="", fetched_at=timezone.now() - timedelta(minutes=minutes_ago)
            )

    @pytest.mark.parametrize(
        ("times", "minutes", "is_asked"),
        [
            (1, 4, False),
            (2, 6, True),
            (3, 29, False),
            (3, 31, True),
            (4, 59, False),
            (4, 61, True),
            (10, 359, False),
            (10, 361, True),
        ],
    )
    def test_rests_longer_with_each_failure(self, world, times, minutes, is_asked):
        world.ask_only("bcv")
        self.failed(times, minutes)

        report = services.fetch_rates()

        assert world.asked() == (["bcv"] if is_asked else [])
        assert report.resting == ([] if is_asked else ["bcv"])

    def test_is_passed_by_force(self, world):
        world.ask_only("bcv")
        self.failed(5, 1)

        services.fetch_rates(force=True)

        assert world.asked() == ["bcv"]

    def test_is_forgotten_after_one_success(self, world):
        world.ask_only("bcv")
        self.failed(5, 40)
        AnswerFactory(fetched_at=timezone.now() - timedelta(minutes=31))

        services.fetch_rates()

        assert world.asked() == ["bcv"]

    def test_tells_staff_at_the_third_failure_and_once_a_day(self, world):
        world.ask_only("bcv")
        world.fails("bcv", "error_500", times=4)

        for expected in (0, 0, 1, 1):
            services.fetch_rates(force=True)
            assert ExchangeRateAlert.objects.filter(kind="source_failing").count() == expected
