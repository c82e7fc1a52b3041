"""What the shop needs from whoever knows a rate."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import ClassVar, Protocol

from apps.fx_rates.models import RateKind, Reason
from apps.fx_rates.policy import Observation


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
