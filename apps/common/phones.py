"""Telephone numbers: whatever way they are typed, kept in one spelling, E.164."""

from __future__ import annotations

import re

import phonenumbers
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from phonenumbers import NumberParseException, PhoneNumberFormat

MOST_CHARACTERS = 40  # with all the spaces and brackets that people like
_WRITTEN = re.compile(r"\s*\+?[\d\s().\-–/]+")  # the library would find a number in any sentence


class NotAPhoneNumber(ValueError):
    """It cannot be dialled; the message is one sentence that says how to write it."""


def read_phone(text: str, *, country: str = "") -> str:
    """The number in E.164: "0412 123 45 67" of Venezuela and "+58 (412) 123-4567" both are +584121234567.

    A number without + is one of `country` (ISO 3166-1 alpha-2), or of the shop's own (PHONE_COUNTRY) if none is known.

    Raises:
        NotAPhoneNumber: nobody can have that number, or something else stands beside it, such as an extension.
    """
    region = country if country in phonenumbers.SUPPORTED_REGIONS else settings.PHONE_COUNTRY
    written = _read(text, region)
    if written is None:
        remedy = f"Write all of it, or with + and the code of its country, like {_like(region)}."
        raise NotAPhoneNumber(f"This is no number of {region}. {remedy}")
    return written


def is_e164(text: str) -> bool:
    """Whether it is a number that can be dialled, in the spelling in which we keep them."""
    return text.startswith("+") and _read(text, None) == text


def phone_setting(name: str, text: str, *, country: str) -> str:
    """The number of a setting; empty stays empty. A wrong one stops the start, by the setting's name."""
    if not text:
        return ""
    written = _read(text, country)
    if written is None:
        raise ImproperlyConfigured(f"{name} is no phone number: write it like {_like(country)}.")
    return written


def _read(text: str, region: str | None) -> str | None:
    if len(text) > MOST_CHARACTERS or not _WRITTEN.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _like(region: str) -> str:
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    return "+584121234567" if example is None else phonenumbers.format_number(example, PhoneNumberFormat.E164)
