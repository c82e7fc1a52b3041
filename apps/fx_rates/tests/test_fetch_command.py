import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from apps.fx_rates.bank_days import is_publication_time
from apps.fx_rates.models import ExchangeRateLog, ExchangeRateSnapshot
from apps.fx_rates.services.fetching import FETCH_LOCK
from apps.fx_rates.tasks import fetch_rates

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("fetch_exchange_rates", *arguments, stdout=out)
    return out.getvalue()


def test_shows_each_answer_and_counts_them(world):
    world.ask_only("bcv", "dolarapi", "open_er_api")
    world.fails("open_er_api", "error_500")

    lines = run().splitlines()

    assert lines[0].split() == ["open_er_api", "failed", "(unreachable):", "HTTP", "500"]
    assert lines[1].startswith("bcv                  VES  accepted: 784.6633")
    assert lines[-1] == "3 answers kept, 1 accepted as a rate."


def test_a_second_run_asks_nobody_unless_forced(world):
    run()

    assert run().splitlines()[-1] == "0 answers kept, 0 accepted as a rate."
    assert run("--force").splitlines()[-1] == "7 answers kept, 0 accepted as a rate."
    assert len(world.asked()) == 14


def test_a_dry_run_keeps_nothing(world):
    assert run("--dry-run").splitlines()[-1] == "7 answers would be kept, 1 accepted as a rate."
    assert not ExchangeRateSnapshot.objects.exists()
    assert not ExchangeRateLog.objects.exists()


def test_speaks_json(world):
    report = json.loads(run("--force", "--json"))

    assert (report["accepted"], report["is_dry_run"], report["resting"]) == (1, False, [])
    assert report["answers"][0]["rate"] == "784.6633000000"


@pytest.fixture
def somebody_fetching():
    other = connections["default"].copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [FETCH_LOCK])
    yield
    other.close()


def test_says_when_somebody_else_is_at_it(world, somebody_fetching):
    with pytest.raises(CommandError, match="Another process asks the sources"):
        run()

    assert world.asked() == []


def test_the_task_leaves_it_to_whoever_is_at_it(world, somebody_fetching):
    fetch_rates()

    assert world.asked() == []


def test_the_task_fetches(world):
    fetch_rates(added_tomorrow=True)

    assert ExchangeRateSnapshot.objects.count() == 1


@pytest.mark.parametrize(
    ("moment", "is_it"),
    [
        (datetime(2026, 8, 21, 19, 59, tzinfo=UTC), False),
        (datetime(2026, 8, 21, 20, 0, tzinfo=UTC), True),
        (datetime(2026, 8, 21, 22, 59, tzinfo=UTC), True),
        (datetime(2026, 8, 21, 23, 0, tzinfo=UTC), False),
        (datetime(2026, 8, 22, 21, 0, tzinfo=UTC), False),  # a Saturday
        (datetime(2026, 7, 24, 21, 0, tzinfo=UTC), False),  # a holiday
    ],
)
def test_rates_are_expected_on_the_afternoon_of_a_bank_day(moment, is_it):
    assert is_publication_time(moment) is is_it
