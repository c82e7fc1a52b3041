from decimal import Decimal

import pytest

from apps.common.money import CurrencyMismatch, Money


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.345", "USD", 1235), ("12.344", "USD", 1234), ("500", "JPY", 500), ("1.2345", "KWD", 1235), ("0", "VES", 0)],
)
def test_minor_units_are_rounded_half_up_once(amount, currency, minor):
    assert Money(Decimal(amount), currency).to_minor_units() == minor


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_minor_units_come_back_as_the_same_amount(currency):
    assert Money.from_minor_units(123456, currency).to_minor_units() == 123456


def test_currencies_never_mix():
    with pytest.raises(CurrencyMismatch):
        Money(Decimal(1), "USD") + Money(Decimal(1), "VES")


def test_a_binary_float_is_refused():
    with pytest.raises(TypeError):
        Money(1.1, "USD")


def test_json_carries_strings_with_the_places_of_the_currency():
    assert Money(Decimal("12.3"), "USD").as_json() == {"amount": "12.30", "currency": "USD"}
