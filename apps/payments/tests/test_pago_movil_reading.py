from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.payments.pago_movil import reading
from apps.payments.pago_movil.reading import (
    Unreadable,
    check_date,
    doubt_about_document,
    has_check_digit,
    read_amount,
    read_date,
    read_document,
    read_phone,
    read_reference,
    reference_key,
)

NATIONAL = st.builds("{}{:07d}".format, st.sampled_from(reading.MOBILE_PREFIXES), st.integers(0, 9_999_999))
REAL_RIFS = ["J312948469", "J411971910", "J409137031", "G200099976", "J000029610", "J070133805"]


@given(NATIONAL, st.sampled_from(["", "0", "58", "+58", "+58 0", "0058"]), st.sampled_from(["", " ", "-", "."]))
def test_a_mobile_number_has_one_spelling_however_it_is_typed(national, prefix, gap):
    typed = f"{prefix}{national[:3]}{gap}{national[3:6]}{gap}{national[6:]}"

    assert read_phone(typed) == f"+58{national}"
    assert read_phone(read_phone(typed)) == f"+58{national}"


@pytest.mark.parametrize("typed", ["(0412) 123-4567", "+58 412-1234567", "58412 1234567", "4121234567"])
def test_the_usual_spellings_of_a_mobile_number_are_read(typed):
    assert read_phone(typed) == "+584121234567"


def test_the_new_range_of_digitel_is_a_mobile_number():
    assert read_phone("0422-7654321") == "+584227654321"


@pytest.mark.parametrize(
    "typed",
    ["", "0212 1234567", "0412 123456", "0412 12345678", "0413 1234567", "+57 412 1234567", "٤١٢1234567", "abc"],
)
def test_a_landline_a_foreign_number_or_a_short_one_is_refused(typed):
    with pytest.raises(Unreadable):
        read_phone(typed)


@pytest.mark.parametrize("rif", REAL_RIFS)
def test_real_rifs_have_their_check_digit(rif):
    assert has_check_digit(rif)
    assert read_document(f"{rif[0].lower()}-{rif[1:9]}-{rif[9]}") == rif


def test_a_company_with_a_wrong_check_digit_is_refused():
    with pytest.raises(Unreadable):
        read_document("J312948468")


@given(st.sampled_from("VEJGCP"), st.integers(0, 99_999_999))
def test_a_body_has_exactly_one_check_digit(letter, body):
    fitting = [digit for digit in range(10) if has_check_digit(f"{letter}{body:08d}{digit}")]

    assert len(fitting) == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("v-12.345.678", "V12345678"),
        ("V 01234567", "V1234567"),
        ("E84123456", "E84123456"),
        ("p AB12345", "PAB12345"),
        ("V123456789", "V123456789"),
    ],
)
def test_a_cedula_or_passport_is_kept_without_its_dots_and_zeros(typed, kept):
    assert read_document(typed) == kept


@given(st.sampled_from("VE"), st.integers(0, 99_999_999))
def test_the_rif_of_a_person_keeps_its_zeros(letter, body):
    rif = next(f"{letter}{body:08d}{digit}" for digit in range(10) if has_check_digit(f"{letter}{body:08d}{digit}"))

    assert read_document(rif) == rif
    assert doubt_about_document(rif) == ""


def test_a_person_whose_rif_looks_mistyped_is_doubted_and_not_refused():
    wrong = next(f"V12345678{digit}" for digit in range(10) if not has_check_digit(f"V12345678{digit}"))

    assert read_document(wrong) == wrong
    assert doubt_about_document(wrong) == "If this is a RIF, its last digit does not fit the others."


@pytest.mark.parametrize("typed", ["", "12345678", "V1234", "V00001234", "V1234567890", "X12345678", "J12345678", "P1"])
def test_what_is_no_document_is_refused(typed):
    with pytest.raises(Unreadable):
        read_document(typed)


@given(st.from_regex(r"[VEJGCPvejgcp][-. 0-9]{4,14}", fullmatch=True))
def test_a_document_that_was_read_reads_the_same_again(typed):
    try:
        kept = read_document(typed)
    except Unreadable:
        return
    assert read_document(kept) == kept


def test_a_reference_keeps_its_zeros_and_is_compared_without():
    assert read_reference("0900-3757 9602") == "090037579602"
    assert reference_key("090037579602") == reference_key("90037579602") == "90037579602"


@pytest.mark.parametrize("typed", ["", "12345", "1" * 21, "12345A", "000000", "１２３４５６"])
def test_what_is_no_reference_is_refused(typed):
    with pytest.raises(Unreadable):
        read_reference(typed)


def test_staff_may_enter_a_shorter_reference():
    assert read_reference("0123", fewest=reading.FEWEST_DIGITS_FOR_STAFF) == "0123"


AMOUNTS = st.decimals(Decimal("0.01"), Decimal("999999999999.99"), places=2)


@given(AMOUNTS)
def test_an_amount_is_read_in_both_styles(amount):
    assert read_amount(f"{amount:.2f}") == amount
    assert read_amount(f"{amount:.2f}".replace(".", ",")) == amount
    assert read_amount(f"{amount:,.2f}") == amount
    assert read_amount(f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))) == amount


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1.234,56", "1234.56"),
        ("1234.56", "1234.56"),
        ("Bs. 1.234,5", "1234.50"),
        ("1234", "1234.00"),
        ("1.234.567", "1234567.00"),
        ("0,50 Bs", "0.50"),
    ],
)
def test_the_usual_spellings_of_an_amount_are_read(typed, amount):
    assert read_amount(typed) == Decimal(amount)


@pytest.mark.parametrize(
    "typed",
    ["1.234", "1,234", "12,345", "0.123", "1234.567", "1.23.45", "1,234,56", "1.2345,00", "1e5", "-5", "", "NaN", "٣"],
)
def test_an_amount_that_could_be_two_is_refused(typed):
    with pytest.raises(Unreadable):
        read_amount(typed)


@given(st.text(alphabet="0123456789., ", max_size=16))
def test_an_amount_is_never_read_as_something_that_its_digits_do_not_say(typed):
    try:
        amount = read_amount(typed)
    except Unreadable:
        return
    digits = "".join(filter(str.isdigit, typed)).lstrip("0")
    assert f"{amount:.2f}".replace(".", "").lstrip("0").rstrip("0") == digits.rstrip("0")


@pytest.mark.parametrize("typed", ["2026-11-21", "21/11/2026", "21-11-2026"])
def test_a_day_is_read(typed):
    assert read_date(typed) == date(2026, 11, 21)


@pytest.mark.parametrize("typed", ["", "31/11/2026", "11/21/2026", "21/11/26", "tomorrow"])
def test_a_day_that_there_is_not_is_refused(typed):
    with pytest.raises(Unreadable):
        read_date(typed)


@pytest.mark.parametrize("day", [date(2026, 11, 14), date(2026, 11, 21)])
def test_a_payment_may_be_as_old_as_a_week_and_as_new_as_today(day):
    check_date(day, today=date(2026, 11, 21), asked_on=date(2026, 11, 1))


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (date(2026, 11, 22), "This day is still to come."),
        (date(2026, 11, 13), "This day is more than 7 days ago; please write to us."),
        (date(2026, 11, 9), "This day is before the order was placed."),
    ],
)
def test_a_payment_on_an_impossible_day_is_refused(day, sentence):
    with pytest.raises(Unreadable) as refusal:
        check_date(day, today=date(2026, 11, 21), asked_on=date(2026, 11, 10))

    assert str(refusal.value) == sentence
