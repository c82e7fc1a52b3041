"""Two who change rates at the same moment: real threads, committed data, and a twin without the lock."""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.utils import timezone

from apps.common import audit
from apps.fx_rates import selectors, services
from apps.fx_rates.exceptions import AnswerNotWaiting, FetchRunning
from apps.fx_rates.models import ExchangeRateSnapshot, Verdict
from apps.fx_rates.services import fetching
from apps.fx_rates.tests.factories import AnswerFactory, RateFactory
from tests.racing import race, refusals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

RATE = Decimal("784.6633")


def by_hand():
    return services.set_manual_rate(
        currency="VES",
        rate=Decimal(790),
        expires_at=timezone.now() + timedelta(hours=1),
        reason="BCV is down",
        actor="staff:7",
    )


def test_of_two_fetchers_one_asks_and_the_other_is_told(world):
    world.fails("bcv", "slow", seconds=0.3)

    results = race(services.fetch_rates, services.fetch_rates)

    assert refusals(results, FetchRunning) == 1
    assert sorted(world.asked()) == sorted(world.settings.FX_SOURCES)
    assert ExchangeRateSnapshot.objects.count() == 1
    assert services.fetch_rates().answers == []  # the lock is free again


def judge_at_once(world):
    """Four decisions on the same answers, as if the fetchers' own lock were not there."""
    answers = fetching._ask(fetching.configured_sources())
    now = timezone.now()
    reports = [services.FetchReport(False, []) for _ in range(4)]
    results = race(*[lambda report=report: fetching._keep_rates("VES", answers, report, now) for report in reports])
    assert results == [None] * 4
    return ExchangeRateSnapshot.objects.filter(rate=RATE).count()


def test_four_decisions_at_once_make_one_rate(world):
    RateFactory(rate=Decimal(780), value_date=timezone.now().date() - timedelta(days=2))

    assert judge_at_once(world) == 1
    assert list(audit.run()) == []


def test_without_the_board_they_make_several(world, monkeypatch):
    RateFactory(rate=Decimal(780), value_date=timezone.now().date() - timedelta(days=2))
    monkeypatch.setattr(fetching, "lock_board", lambda currency: None)
    gate, all_four = fetching.decide, Barrier(4)

    def decide_together(*args, **kwargs):
        all_four.wait(timeout=10)
        return gate(*args, **kwargs)

    monkeypatch.setattr(fetching, "decide", decide_together)

    assert judge_at_once(world) == 4


def test_a_manual_rate_set_during_a_fetch_counts_whoever_ends_first(world):
    for hesitant in (0.0, 0.3):
        world.fails("bcv", "slow", seconds=hesitant)

        fetched, made = race(lambda: services.fetch_rates(force=True), by_hand)

        assert fetched.answers
        assert selectors.current_rate("VES").snapshot_id == made.pk
    services.end_manual_rate(currency="VES")
    assert selectors.current_rate("VES").rate == RATE


def test_of_two_who_release_an_answer_one_does(world):
    answer = AnswerFactory(verdict=Verdict.NEEDS_APPROVAL)
    release = [lambda who=who: services.release_answer(log_id=answer.pk, actor=f"staff:{who}") for who in (1, 2)]

    assert refusals(race(*release), AnswerNotWaiting) == 1
    assert ExchangeRateSnapshot.objects.count() == 1
