from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.payments.pago_movil.matching import Claimed, Posted, Reason, Verdict, match

DAY = date(2026, 11, 20)
CLAIM = Claimed(
    id=1,
    reference="090037579602",
    amount=Decimal("1234.56"),
    asked=Decimal("1234.56"),
    day=DAY,
    asked_on=DAY - timedelta(days=1),
    bank="0102",
    phone="+584121234567",
)
LINE = Posted(id=1, reference="90037579602", amount=Decimal("1234.56"), day=DAY, bank="0102", phone="+584121234567")


def test_a_line_that_fits_in_everything_is_the_payment():
    assert match([LINE], [CLAIM]) == [Verdict(1, Reason.MATCHED, 1)]


def test_what_the_bank_does_not_say_is_not_asked_for():
    assert match([replace(LINE, bank="", phone="")], [CLAIM]) == [Verdict(1, Reason.MATCHED, 1)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount": Decimal("1234.55")}, Reason.OTHER_AMOUNT),
        ({"phone": "+584121234568"}, Reason.OTHER_PHONE),
        ({"bank": "0105"}, Reason.OTHER_BANK),
        ({"day": DAY - timedelta(days=2)}, Reason.OTHER_DAY),
        ({"day": DAY + timedelta(days=4)}, Reason.OTHER_DAY),
        ({"reference": "90037579603"}, Reason.LIKE_ANOTHER),
        ({"reference": "90037575902"}, Reason.LIKE_ANOTHER),
        ({"reference": "579602"}, Reason.LIKE_ANOTHER),
        ({"reference": "81115790002"}, Reason.NOT_REPORTED),
    ],
)
def test_a_near_miss_is_listed_with_what_keeps_it_apart(change, reason):
    assert [one.reason for one in match([replace(LINE, **change)], [CLAIM])] == [reason]


def test_money_from_before_the_order_is_not_its_payment():
    asked_today = replace(CLAIM, asked_on=DAY)

    assert match([replace(LINE, day=DAY - timedelta(days=1))], [asked_today])[0].reason == Reason.OTHER_DAY


def test_another_amount_than_was_asked_is_for_staff():
    short = replace(CLAIM, amount=Decimal(1000))

    assert match([replace(LINE, amount=Decimal(1000))], [short])[0].reason == Reason.NOT_WHAT_WAS_ASKED


def test_a_reference_of_few_digits_proves_nothing():
    assert match([replace(LINE, reference="00123")], [replace(CLAIM, reference="123")])[0].reason == (
        Reason.SHORT_REFERENCE
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, Reason.USED_BEFORE),
        ({"amount": Decimal("1.00")}, Reason.USED_BEFORE),
        ({"reference": "579602"}, Reason.USED_BEFORE),
        ({"reference": "579602", "amount": Decimal("1.00")}, Reason.MATCHED),
        ({"reference": "111222333"}, Reason.MATCHED),
    ],
)
def test_money_that_staff_have_counted_already_proves_no_other_report(change, reason):
    line = replace(LINE, **change)
    again = replace(CLAIM, id=2, reference=line.reference, amount=line.amount, asked=line.amount)

    assert match([line], [again], spent=[CLAIM])[0].reason == reason


def test_of_two_lines_that_fit_neither_is_taken():
    verdicts = match([LINE, replace(LINE, id=2)], [CLAIM])

    assert [one.reason for one in verdicts] == [Reason.SEVERAL_LINES] * 2


def test_of_two_reports_that_fit_neither_is_confirmed():
    other = replace(CLAIM, id=2, bank="0105")

    assert match([replace(LINE, bank="")], [CLAIM, other])[0].reason == Reason.SEVERAL_CLAIMS
    assert match([LINE], [CLAIM, other]) == [Verdict(1, Reason.MATCHED, 1)]


def test_two_lines_that_make_the_amount_together_are_called_parts():
    halves = [replace(LINE, id=one, reference=f"{one}00000", amount=Decimal("617.28")) for one in (1, 2)]

    assert [one.reason for one in match(halves, [CLAIM])] == [Reason.PARTS] * 2


FEW_REFERENCES = st.sampled_from(["123456", "0123456", "123457", "223456", "99123456", "12", "654321"])
FEW_AMOUNTS = st.sampled_from([Decimal("10.00"), Decimal("10.01"), Decimal("5.00")])
FEW_DAYS = st.integers(0, 5).map(lambda days: DAY + timedelta(days=days))
FEW_PHONES = st.sampled_from(["", "+584121234567", "+584121234568"])


@given(
    st.lists(st.builds(Posted, id=st.integers(), reference=FEW_REFERENCES, amount=FEW_AMOUNTS, day=FEW_DAYS,
                       phone=FEW_PHONES), max_size=8, unique_by=lambda one: one.id),
    st.lists(st.builds(Claimed, id=st.integers(), reference=FEW_REFERENCES, amount=FEW_AMOUNTS, asked=FEW_AMOUNTS,
                       day=FEW_DAYS, asked_on=st.just(DAY), bank=st.just("0102"),
                       phone=FEW_PHONES), max_size=8, unique_by=lambda one: one.id),
)  # fmt: skip
def test_no_line_and_no_report_is_used_twice_and_every_match_fits(lines, claims):
    verdicts = match(lines, claims)

    assert [one.line_id for one in verdicts] == [line.id for line in lines]
    matched = [one for one in verdicts if one.reason == Reason.MATCHED]
    assert len({one.claim_id for one in matched}) == len(matched)
    for one in matched:
        line = next(line for line in lines if line.id == one.line_id)
        claim = next(claim for claim in claims if claim.id == one.claim_id)
        assert line.reference.lstrip("0") == claim.reference.lstrip("0")
        assert line.amount == claim.amount == claim.asked
        assert line.phone in {"", claim.phone}
