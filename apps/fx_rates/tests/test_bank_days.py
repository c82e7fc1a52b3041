from datetime import UTC, date, datetime

import pytest

from apps.fx_rates.bank_days import bank_days_between, caracas_date, is_bank_day, start_of
from apps.fx_rates.tests.history import HISTORY


def test_no_rate_of_four_years_has_a_value_date_on_which_banks_were_closed():
    assert [day for day, _ in HISTORY if not is_bank_day(day)] == []


@pytest.mark.parametrize(
    ("earlier", "later", "days"),
    [
        (date(2026, 8, 21), date(2026, 8, 24), 1),  # Friday to Monday
        (date(2026, 8, 24), date(2026, 8, 25), 1),
        (date(2026, 2, 13), date(2026, 2, 18), 1),  # over Carnival
        (date(2026, 4, 1), date(2026, 4, 6), 1),  # over Easter
        (date(2026, 8, 17), date(2026, 8, 24), 5),
        (date(2026, 8, 24), date(2026, 8, 24), 0),
        (date(2026, 8, 24), date(2026, 8, 21), 0),
    ],
)
def test_weekends_and_holidays_do_not_count(earlier, later, days):
    assert bank_days_between(earlier, later) == days


def test_the_supervisors_extra_mondays_are_given_by_the_owner():
    monday = date(2026, 6, 8)

    assert is_bank_day(monday)
    assert not is_bank_day(monday, holidays={monday})
    assert bank_days_between(date(2026, 6, 5), date(2026, 6, 9), {monday}) == 1


def test_the_day_in_caracas_begins_four_hours_after_that_of_greenwich():
    assert caracas_date(datetime(2026, 8, 24, 3, 59, tzinfo=UTC)) == date(2026, 8, 23)
    assert start_of(date(2026, 8, 24)) == datetime(2026, 8, 24, 4, tzinfo=UTC)
