"""What the shop needs from whoever knows a rate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar, Protocol

from apps.fx_rates.models import BASE, RateKind, Reason


@dataclass(frozen=True, slots=True)
class Observation:
    """One source's figure: `rate` units of `currency` for one `base`, holding from `value_date` in Caracas.

    `raw` is the text it was read from.
    """

    source: str
    kind: RateKind
    currency: str
    rate: Decimal
    value_date: date
    raw: str = ""
    base: str = BASE


class SourceFailed(Exception):
    """No figure came of asking; `raw` is what came instead, as far as anything did."""

    def __init__(self, reason: Reason, detail: str, raw: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.raw = raw


class RateSource(Protocol):
    """One outside source. `interval` is how long its answer is good enough, so that free quotas last the month."""

    code: ClassVar[str]
    kind: ClassVar[RateKind]
    interval: ClassVar[timedelta]

    def fetch(self, currencies: Collection[str]) -> list[Observation]:
        """Ask once, for those of the currencies that it knows; SourceFailed when nothing usable came."""
        ...
