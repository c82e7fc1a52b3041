"""Four years of real bank days through the gate: no true rate is refused, and no planted one gets in."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from apps.fx_rates.models import RateKind, Verdict
from apps.fx_rates.policy import Held, Observation, Policy, decide
from apps.fx_rates.tests.history import HISTORY

DAYS = list(pairwise(HISTORY))  # what was held, and what was published on that afternoon for the next bank day


@pytest.fixture
def policy():
    return Policy.configured()


def says(rate, value_date, source="bcv"):
    return Observation(source, RateKind.OFFICIAL, "VES", rate, value_date)


def verdicts(policy, held, today, *observations):
    judged = decide(observations, held=Held("bcv", held[1], held[0]), today=today, policy=policy)
    return [judgement.verdict for judgement in judged]


def test_there_are_873_steps():
    assert len(DAYS) == 873


def test_every_true_rate_is_accepted_on_the_afternoon_that_published_it(policy):
    refused = [
        (value_date, rate)
        for held, (value_date, rate) in DAYS
        if verdicts(policy, held, held[0], says(rate, value_date)) != [Verdict.ACCEPTED]
    ]

    assert refused == []


def test_every_true_rate_is_accepted_when_it_is_first_seen_on_its_own_day(policy):
    refused = [
        value_date
        for held, (value_date, rate) in DAYS
        if verdicts(policy, held, value_date, says(rate, value_date, "dolarapi")) != [Verdict.ACCEPTED]
    ]

    assert refused == []


def test_two_sources_that_agree_are_one_rate_and_one_confirmation(policy):
    wrong = [
        value_date
        for held, (value_date, rate) in DAYS
        if verdicts(policy, held, held[0], says(rate, value_date), says(round(rate, 2), value_date, "pydolarve"))
        != [Verdict.ACCEPTED, Verdict.CONFIRMED]
    ]

    assert wrong == []


PLANTED = {
    "a thousand times": lambda rate: rate * 1000,
    "a thousandth": lambda rate: rate / 1000,
    "before the million was cut": lambda rate: rate * 1_000_000,
    "the decimal comma lost": lambda rate: Decimal(f"{rate:.8f}".replace(".", "")),
    "the comma one place on": lambda rate: rate * 10,
    "parallel, at its closest": lambda rate: rate * Decimal("1.10"),
    "parallel, at its median": lambda rate: rate * Decimal("1.32"),
    "parallel, at its widest": lambda rate: rate * Decimal("1.49"),
    "the inverse": lambda rate: 1 / rate,
    "nothing": lambda rate: Decimal(0),
    "less than nothing": lambda rate: -rate,
    "no number": lambda rate: Decimal("NaN"),
    "infinity": lambda rate: Decimal("Infinity"),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("source", ["bcv", "dolarapi"])
def test_a_planted_figure_is_never_accepted_nor_does_it_bar_the_true_one(policy, plant, source):
    wrong = []
    for held, (value_date, rate) in DAYS:
        planted = verdicts(policy, held, held[0], says(plant(rate), value_date, source))
        true = verdicts(policy, held, held[0], says(rate, value_date))
        if planted not in ([Verdict.REFUSED], [Verdict.NEEDS_APPROVAL]) or true != [Verdict.ACCEPTED]:
            wrong.append((value_date, planted, true))

    assert wrong == []


@pytest.mark.parametrize("days", [6, 10, 400])
def test_a_figure_with_a_stale_date_is_never_accepted(policy, days):
    wrong = [
        value_date
        for held, (value_date, rate) in DAYS
        if verdicts(policy, held, held[0], says(rate, held[0] - timedelta(days=days))) != [Verdict.REFUSED]
    ]

    assert wrong == []


def test_yesterdays_page_read_again_after_the_new_one_changes_nothing(policy):
    wrong = [
        value_date
        for (value_date, rate), published in DAYS
        if verdicts(policy, published, value_date, says(rate, value_date)) != [Verdict.REFUSED]
    ]

    assert wrong == []


def test_a_true_rate_beside_a_planted_one_waits_until_the_sources_agree(policy):
    wrong = []
    for held, (value_date, rate) in DAYS:
        both = verdicts(policy, held, held[0], says(rate, value_date), says(rate * 2, value_date, "dolarapi"))
        if both != [Verdict.REFUSED, Verdict.REFUSED]:
            wrong.append((value_date, both))

    assert wrong == []


def test_of_three_the_two_that_agree_carry_the_day(policy):
    wrong = []
    for held, (value_date, rate) in DAYS:
        said = [says(rate * 1000, value_date), says(rate, value_date, "dolarapi"), says(rate, value_date, "pydolarve")]
        if verdicts(policy, held, held[0], *said) != [Verdict.REFUSED, Verdict.ACCEPTED, Verdict.CONFIRMED]:
            wrong.append(value_date)

    assert wrong == []


def test_without_the_limits_the_parallel_rate_would_have_got_in(policy):
    """The twin that shows that the tests above can fail."""
    open_gate = Policy(
        **{name: getattr(policy, name) for name in policy.__slots__}
        | {"rise_percent": Decimal(50), "lone_percent": Decimal(50)}
    )
    held, (value_date, rate) = DAYS[-1]

    assert verdicts(open_gate, held, held[0], says(rate * Decimal("1.32"), value_date)) == [Verdict.ACCEPTED]
