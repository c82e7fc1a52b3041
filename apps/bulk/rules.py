"""What a rule makes of a value: arithmetic alone, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from apps.bulk.models import Method, Target
from apps.catalog.drafts import LARGEST_AMOUNT
from apps.common.money import Money

LARGEST_UNITS = Decimal(10**7)


class Refused(Exception):
    """The rule does not fit this row; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`ending` holds for prices only: the nearest amount that ends in it, and of two the higher one."""

    target: Target
    method: Method
    value: Decimal | None = None
    ending: Decimal | None = None

    def price_after(self, before: Decimal, *, each: Decimal | None, currency: str) -> Decimal:
        """The new price, rounded half up to the currency's smallest coin.

        Raises:
            Refused: it would be nothing, less, or more than can be kept.
        """
        after = Money(self._applied(before, each), currency).rounded().amount
        if after > 0 and self.ending is not None and self.method is not Method.EACH:
            after = nearest_ending(after, self.ending)
        is_meant = self.method in (Method.SET, Method.EACH)
        if after < 0 or (after == 0 and not is_meant):
            raise Refused(f"The price would be {after}.")
        if after >= LARGEST_AMOUNT:
            raise Refused("The price would be too large.")
        return after

    def units_after(self, before: Decimal, *, each: Decimal | None, promised: int) -> Decimal:
        """The new number of units on hand, rounded half up to whole ones.

        Raises:
            Refused: fewer would be left than are promised, or more than anybody has.
        """
        if each is not None and each != each.to_integral_value():
            raise Refused("Units are whole.")
        after = self._applied(before, each).quantize(Decimal(1), ROUND_HALF_UP)
        if after < promised:
            raise Refused(f"{after} would be left, and {promised} are promised to orders.")
        if after > LARGEST_UNITS:
            raise Refused("Nobody has so many units.")
        return after

    def _applied(self, before: Decimal, each: Decimal | None) -> Decimal:
        value = each if self.method is Method.EACH else self.value
        if value is None:
            raise Refused("There is no value for it.")
        if self.method is Method.ADD:
            return before + value
        if self.method is Method.PERCENT:
            return before * (1 + value / 100)
        return value


def nearest_ending(amount: Decimal, ending: Decimal) -> Decimal:
    """The nearest amount above zero that ends so, and of two the higher.

    For 0.99, 12.49 becomes 12.99, 12.48 becomes 11.99, and 0.20 becomes 0.99.
    """
    whole = amount.to_integral_value(ROUND_FLOOR)
    candidates = (whole + 1 + ending, whole + ending, whole - 1 + ending)
    return min((one for one in candidates if one > 0), key=lambda one: abs(one - amount))
