from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.fx_rates.models import RateKind, Reason, Verdict
from apps.fx_rates.policy import Held, Observation, Policy, apart_percent, decide

FRIDAY, MONDAY, TUESDAY = date(2026, 8, 21), date(2026, 8, 24), date(2026, 8, 25)
HELD = Held("bcv", Decimal(100), FRIDAY)
OFFICIAL, AGGREGATE = RateKind.OFFICIAL, RateKind.AGGREGATE
ACCEPTED, CONFIRMED, REFERENCE = Verdict.ACCEPTED, Verdict.CONFIRMED, Verdict.REFERENCE
REFUSED, WAITS = Verdict.REFUSED, Verdict.NEEDS_APPROVAL


def says(source, rate, value_date=MONDAY, kind=OFFICIAL, currency="VES"):
    return Observation(source, kind, currency, Decimal(rate), value_date)


def judge(*observations, held=HELD, today=FRIDAY, **limits):
    standard = Policy.configured()
    policy = Policy(**{name: getattr(standard, name) for name in standard.__slots__} | limits)
    return [(one.verdict, one.reason) for one in decide(observations, held=held, today=today, policy=policy)]


@pytest.mark.parametrize(
    ("rate", "verdict"),
    [
        ("105", (ACCEPTED, None)),
        ("105.01", (WAITS, Reason.BEYOND_DEVIATION)),
        ("98", (ACCEPTED, None)),
        ("97.99", (WAITS, Reason.BEYOND_DEVIATION)),
    ],
)
def test_one_source_moves_the_rate_by_five_percent_up_and_two_down_in_a_bank_day(rate, verdict):
    assert judge(says("bcv", rate)) == [verdict]


@pytest.mark.parametrize(
    ("rate", "sources", "verdict"),
    [
        ("109", ["bcv"], (ACCEPTED, None)),
        ("109.01", ["bcv"], (WAITS, Reason.BEYOND_DEVIATION)),
        ("110", ["bcv", "dolarapi"], (ACCEPTED, None)),
        ("110.01", ["bcv", "dolarapi"], (WAITS, Reason.BEYOND_DEVIATION)),
    ],
)
def test_over_two_bank_days_two_sources_that_agree_may_move_it_by_twice_as_much_and_one_alone_by_nine(
    rate, sources, verdict
):
    assert judge(*[says(source, rate, TUESDAY) for source in sources], today=MONDAY)[0] == verdict


def test_the_central_banks_own_figure_is_taken_when_the_sources_agree():
    judged = judge(says("dolarapi", "100.5"), says("bcv", "100.9"), says("pydolarve", "100.6"))

    assert judged == [(CONFIRMED, None), (ACCEPTED, None), (CONFIRMED, None)]


def test_two_that_disagree_leave_the_rate_as_it_is():
    disagree = (REFUSED, Reason.SOURCES_DISAGREE)

    assert judge(says("bcv", "100"), says("dolarapi", "100.6")) == [disagree, disagree]


def test_of_three_that_disagree_the_one_in_the_middle_is_taken():
    judged = judge(says("bcv", "103"), says("dolarapi", "101"), says("pydolarve", "102"))

    assert judged == [(REFUSED, Reason.SOURCES_DISAGREE), (REFUSED, Reason.SOURCES_DISAGREE), (ACCEPTED, None)]


def test_todays_figure_and_mondays_are_judged_one_after_the_other():
    judged = judge(says("bcv", "101"), says("dolarapi", "100", FRIDAY), held=HELD)

    assert judged == [(ACCEPTED, None), (CONFIRMED, None)]


@pytest.mark.parametrize(
    ("value_date", "today", "reason"),
    [
        (date(2026, 8, 20), FRIDAY, Reason.OLDER_THAN_HELD),
        (date(2026, 8, 26), FRIDAY, None),
        (date(2026, 8, 27), FRIDAY, Reason.TOO_FAR_AHEAD),
        (MONDAY, date(2026, 8, 29), None),
        (MONDAY, date(2026, 8, 30), Reason.STALE),
    ],
)
def test_dates_that_cannot_be_right_are_refused(value_date, today, reason):
    assert judge(says("bcv", "100.1", value_date), today=today)[0][1] == reason


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "10000000000"])
def test_what_is_no_positive_number_is_refused(rate):
    assert judge(says("bcv", rate)) == [(REFUSED, Reason.NOT_POSITIVE)]


def test_an_aggregate_never_sets_the_bolivar_and_says_when_it_is_far_from_it():
    judged = judge(
        says("bcv", "100"),
        says("open_er_api", "105", kind=AGGREGATE),
        says("exchangerate_api", "105.01", kind=AGGREGATE),
    )

    assert judged == [(ACCEPTED, None), (REFERENCE, None), (REFERENCE, Reason.AGGREGATE_APART)]


def test_aggregates_set_currencies_without_a_law():
    held = Held("open_er_api", Decimal(1500), FRIDAY)

    assert judge(says("open_er_api", "1510", kind=AGGREGATE, currency="NGN"), held=held) == [(ACCEPTED, None)]
    assert judge(says("bcv", "1510", currency="NGN"), held=held) == [(REFERENCE, None)]


class TestTheFirstRate:
    def test_waits_when_nobody_confirms_it(self):
        assert judge(says("bcv", "100"), held=None) == [(WAITS, Reason.NO_NEIGHBOUR)]

    def test_is_accepted_when_another_official_source_says_the_same(self):
        judged = judge(says("bcv", "100"), says("dolarapi", "100"), held=None)

        assert judged == [(ACCEPTED, None), (CONFIRMED, None)]

    def test_is_accepted_when_an_aggregate_is_near(self):
        assert judge(says("bcv", "100"), says("open_er_api", "104", kind=AGGREGATE), held=None)[0] == (ACCEPTED, None)

    def test_waits_when_the_aggregate_is_far(self):
        judged = judge(says("bcv", "100"), says("open_er_api", "106", kind=AGGREGATE), held=None)

        assert judged == [(WAITS, Reason.NO_NEIGHBOUR), (REFERENCE, None)]

    def test_may_be_two_on_a_friday_evening(self):
        judged = judge(says("bcv", "101"), says("dolarapi", "100", FRIDAY), held=None)

        assert judged == [(ACCEPTED, None), (ACCEPTED, None)]


class TestASecondFigureForTheSameDay:
    held = Held("dolarapi", Decimal(100), MONDAY)

    def test_confirms_when_it_is_the_same(self):
        assert judge(says("bcv", "100"), held=self.held) == [(CONFIRMED, None)]

    def test_refines_when_its_source_is_better(self):
        assert judge(says("bcv", "100.01"), held=self.held) == [(ACCEPTED, None)]

    def test_corrects_when_it_is_the_same_source(self):
        assert judge(says("dolarapi", "100.02"), held=self.held) == [(ACCEPTED, None)]

    def test_changes_nothing_when_its_source_is_worse(self):
        assert judge(says("pydolarve", "100.02"), held=self.held) == [(CONFIRMED, None)]

    def test_waits_for_staff_when_it_is_far(self):
        assert judge(says("bcv", "100.6"), held=self.held) == [(WAITS, Reason.SOURCES_DISAGREE)]


figures = st.decimals(min_value="0.0001", max_value="100000", places=4)
answers = st.builds(
    says, st.sampled_from(["bcv", "dolarapi", "pydolarve"]), figures, st.sampled_from([FRIDAY, MONDAY, TUESDAY])
)


@given(st.lists(answers, max_size=3, unique_by=lambda one: one.source), st.one_of(st.none(), st.just(HELD)))
def test_whatever_comes_each_answer_gets_one_verdict_and_a_day_at_most_one_rate(observations, held):
    judged = decide(observations, held=held, today=MONDAY, policy=Policy.configured())
    accepted = [one.observation for one in judged if one.verdict == ACCEPTED]

    assert [one.observation for one in judged] == observations
    assert len({one.value_date for one in accepted}) == len(accepted)
    for one in accepted:
        assert held is None or apart_percent(one.rate, held.rate) <= 21  # two steps of 10 %, both agreed
