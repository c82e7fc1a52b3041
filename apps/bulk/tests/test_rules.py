from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.bulk.models import Method, Target
from apps.bulk.rules import Refused, Rule, nearest_ending


def price(before, method, value, ending=None, currency="USD"):
    rule = Rule(Target.PRICE, method, Decimal(value), None if ending is None else Decimal(ending))
    return rule.price_after(Decimal(before), each=None, currency=currency)


@pytest.mark.parametrize(
    ("before", "method", "value", "ending", "after"),
    [
        ("10.00", Method.SET, "12.50", None, "12.50"),
        ("10.00", Method.SET, "0", None, "0.00"),
        ("10.00", Method.ADD, "-2.25", None, "7.75"),
        ("9.99", Method.PERCENT, "10", None, "10.99"),
        ("10.05", Method.PERCENT, "-10", None, "9.05"),  # 9.045, half up
        ("11.20", Method.PERCENT, "10", "0.99", "11.99"),
        ("12.49", Method.ADD, "0.001", "0.99", "12.99"),
        ("12.48", Method.ADD, "0.001", "0.99", "11.99"),
        ("12.30", Method.ADD, "0.10", "0", "12.00"),
        ("0.10", Method.ADD, "0.10", "0.99", "0.99"),
    ],
)
def test_what_a_rule_makes_of_a_price(before, method, value, ending, after):
    assert price(before, method, value, ending) == Decimal(after)


def test_a_price_is_rounded_to_the_smallest_coin_of_its_currency():
    assert price("1000", Method.PERCENT, "0.15", currency="CLP") == Decimal(1002)


@pytest.mark.parametrize(("before", "method", "value"), [("5", Method.ADD, "-5"), ("5", Method.ADD, "-6")])
def test_a_price_does_not_become_nothing_by_the_way(before, method, value):
    with pytest.raises(Refused):
        price(before, method, value)


def test_units_are_whole_and_never_fewer_than_are_promised():
    half = Rule(Target.STOCK, Method.PERCENT, Decimal(-50))
    each = Rule(Target.STOCK, Method.EACH)

    assert half.units_after(Decimal(5), each=None, promised=3) == 3
    for rule, value, promised in ((half, None, 4), (each, Decimal("1.5"), 0), (each, None, 0)):
        with pytest.raises(Refused):
            rule.units_after(Decimal(5), each=value, promised=promised)


@given(
    amount=st.decimals(min_value=1, max_value=10**6, places=2),
    ending=st.decimals(min_value=0, max_value=Decimal("0.99"), places=2),
)
def test_the_nearest_amount_with_an_ending_ends_so_and_none_lies_nearer(amount, ending):
    nearest = nearest_ending(amount, ending)

    assert nearest % 1 == ending
    assert abs(nearest - amount) <= Decimal("0.5")
