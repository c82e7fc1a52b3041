"""What people type about a mobile payment, made into one spelling each, or refused with a sentence that helps them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

MOBILE_PREFIXES = ("412", "422", "414", "424", "416", "426")  # Digitel, Movistar, Movilnet; 0422 is real, and new
FEWEST_DIGITS, FEWEST_DIGITS_FOR_STAFF, MOST_DIGITS = 6, 4, 20  # of a reference
REPORT_DAYS = 7  # how old a payment may be when it is reported
MOST_WHOLE_DIGITS = 12  # of an amount

_RIF_LETTER = {"V": 1, "E": 2, "J": 3, "C": 3, "P": 4, "G": 5}
_RIF_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)


class Unreadable(ValueError):
    """It cannot be what was asked for; the message is one sentence, in the language of whoever typed it."""


def read_phone(text: str) -> str:
    """A Venezuelan mobile number in E.164: 0412-1234567, 412 123 4567 and +58 412... all become +584121234567."""
    digits = re.sub(r"[\s().\-–/]", "", text)
    found = re.fullmatch(r"(?:(?:\+|00)?58)?0?([0-9]{3})([0-9]{7})", digits)
    if found is None or found[1] not in MOBILE_PREFIXES:
        raise Unreadable(_("Write the mobile number from which you paid, like 0412 1234567."))
    return f"+58{found[1]}{found[2]}"


def read_document(text: str) -> str:
    """A cédula, RIF or passport as a letter and what follows it: v-12.345.678 becomes V12345678.

    A RIF of J, G or C must have the right check digit. V, E and P may be a cédula or passport instead, which have none;
    `doubt_about_document` says when one of those looks like a mistyped RIF.
    """
    plain = re.sub(r"[\s.\-–/]", "", text).upper()
    letter, number = plain[:1], plain[1:]
    if letter in {"V", "E"} and re.fullmatch(r"[0-9]{5,9}", number):
        short = number.lstrip("0")
        if has_check_digit(plain):
            return plain
        if len(short) >= 5:
            return letter + short
    elif letter in {"J", "G", "C"} and re.fullmatch(r"[0-9]{9}", number):
        if has_check_digit(plain):
            return plain
        raise Unreadable(_("The last digit of this RIF does not fit the others; please look at it again."))
    elif letter == "P" and re.fullmatch(r"[0-9A-Z]{5,20}", number):
        return plain
    raise Unreadable(_("Write the letter and the number of your document, like V12345678 or J123456789."))


def doubt_about_document(document: str) -> str:
    """A sentence, if it has the length of a RIF and not its check digit; nothing otherwise."""
    if re.fullmatch(r"[VEP][0-9]{9}", document) and not has_check_digit(document):
        return _("If this is a RIF, its last digit does not fit the others.")
    return ""


def has_check_digit(document: str) -> bool:
    """Whether it is a RIF, a letter and nine digits, whose last digit follows from the others (modulo 11)."""
    if not re.fullmatch(r"[VEJCPG][0-9]{9}", document):
        return False
    weighed = sum(int(digit) * weight for digit, weight in zip(document[1:9], _RIF_WEIGHTS, strict=True))
    rest = 11 - (_RIF_LETTER[document[0]] * 4 + weighed) % 11
    return int(document[9]) == (0 if rest >= 10 else rest)


def read_reference(text: str, *, fewest: int = FEWEST_DIGITS) -> str:
    """The digits of a bank's reference, all that were typed, leading zeros too."""
    digits = re.sub(r"[\s.\-–#]", "", text)
    if not re.fullmatch(rf"[0-9]{{{fewest},{MOST_DIGITS}}}", digits):
        sentence = _("Write all the digits of the reference that your bank shows, %(fewest)d at least.")
        raise Unreadable(sentence % {"fewest": fewest})
    if not reference_key(digits):
        raise Unreadable(_("This is not a reference: it has nothing but zeros."))
    return digits


def reference_key(reference: str) -> str:
    """What two references are compared by: banks pad the same number with different zeros."""
    return reference.lstrip("0")


def reference_tail(reference: str, digits: int = 6) -> str:
    """The last digits, which is all that some banks show."""
    return reference[-digits:]


def read_amount(text: str) -> Decimal:
    """Bolívares with two places, written 1.234,56 or 1234.56. Nothing is guessed: 1.234 may be two amounts."""
    plain = re.sub(r"(?i)^\s*(bs\.?\s?[sdf]?\.?|ves)\s*|\s*(bs\.?|ves)\s*$", "", text).strip()
    figures = _without_thousands(plain)
    if figures is None:
        raise Unreadable(_("Write the amount with its cents, like 1234,56; this could be read in two ways."))
    amount = Decimal(figures)
    if amount <= 0:
        raise Unreadable(_("The amount must be more than zero."))
    return amount.quantize(Decimal("0.01"))


def _without_thousands(text: str) -> str | None:
    """The figure as Decimal reads it, if there is one way only to read it."""
    if re.fullmatch(rf"[0-9]{{1,{MOST_WHOLE_DIGITS}}}([.,][0-9]{{1,2}})?", text):
        return text.replace(",", ".")
    for thousands, point in ((".", ","), (",", ".")):
        groups = rf"[1-9][0-9]{{0,2}}(?:\{thousands}[0-9]{{3}})"
        is_told_apart = rf"{groups}+\{point}[0-9]{{1,2}}|{groups}{{2,3}}"
        if re.fullmatch(is_told_apart, text) and len(text) <= MOST_WHOLE_DIGITS + 6:
            return text.replace(thousands, "").replace(point, ".")
    return None


def read_date(text: str) -> date:
    """A day, written 2026-11-21 or 21/11/2026."""
    found = re.fullmatch(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})", text.strip()) or re.fullmatch(
        r"(?P<d>[0-9]{1,2})[/-](?P<m>[0-9]{1,2})[/-](?P<y>[0-9]{4})", text.strip()
    )
    try:
        if found:
            return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:  # the 31st of November
        pass
    raise Unreadable(_("Write the day of the payment, like 21/11/2026."))


def check_date(day: date, *, today: date, asked_on: date, report_days: int = REPORT_DAYS) -> None:
    """Refuse a day on which this payment cannot have been made; all days are those of Caracas."""
    if day > today:
        raise Unreadable(_("This day is still to come."))
    if day < asked_on:
        raise Unreadable(_("This day is before the order was placed."))
    if (today - day).days > report_days:
        sentence = _("This day is more than %(days)d days ago; please write to us.")
        raise Unreadable(sentence % {"days": report_days})
