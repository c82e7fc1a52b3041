"""Money: an exact amount in one currency. Arithmetic never mixes currencies and never rounds by itself."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

# Source: ISO 4217 table A.1, column "minor unit"; two places where a currency is not named here.
_WITHOUT_MINOR_UNIT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split()
_IN_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND".split()
_EXPONENTS = {**dict.fromkeys(_WITHOUT_MINOR_UNIT, 0), **dict.fromkeys(_IN_THOUSANDTHS, 3)}


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met; this is a programming error, not a refusal."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other} cannot be combined without a rate")


def exponent(currency: str) -> int:
    """Decimal places of the currency's minor unit."""
    return _EXPONENTS.get(currency, 2)


@lru_cache(maxsize=300)
def _unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-exponent(currency))


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in major units of one ISO 4217 currency: Money(Decimal("12.34"), "USD")."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"Money needs a Decimal, not {type(self.amount).__name__}")

    def __str__(self) -> str:
        return f"{self.rounded().amount} {self.currency}"

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount <= other.amount

    def times(self, factor: int | Decimal) -> Money:
        """Multiply without rounding."""
        return Money(self.amount * factor, self.currency)

    def rounded(self) -> Money:
        """Round half up to the currency's minor unit: the one place where an amount becomes payable."""
        return Money(self.amount.quantize(_unit(self.currency), ROUND_HALF_UP), self.currency)

    def to_minor_units(self) -> int:
        """Round half up to the minor unit and count in it."""
        return int(self.rounded().amount.scaleb(exponent(self.currency)))

    @classmethod
    def from_minor_units(cls, count: int, currency: str) -> Money:
        """The amount that `count` minor units make: from_minor_units(1234, "USD") is 12.34 USD."""
        return cls(Decimal(count).scaleb(-exponent(currency)), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(Decimal(0), currency)

    def as_json(self) -> dict[str, str]:
        """The shape of money in every answer: {"amount": "12.34", "currency": "USD"}."""
        return {"amount": str(self.rounded().amount), "currency": self.currency}

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)
