"""pyDolarVe repeats the central bank's rate. One person's project, used only with a token."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from apps.fx_rates.models import RateKind
from apps.fx_rates.policy import Observation
from apps.fx_rates.providers.wire import Wire, day_of, figure, read_json, reading

_QUERY = {"page": "bcv", "monitor": "usd", "format_date": "iso", "rounded_price": "false"}


@dataclass(frozen=True, slots=True)
class PyDolarVe:
    """With `monitor` the answer is that monitor alone. Source: https://github.com/fcoagz/api-pydolarvenezuela"""

    wire: Wire  # its headers carry the token
    code: ClassVar[str] = "pydolarve"
    kind: ClassVar[RateKind] = RateKind.OFFICIAL
    interval: ClassVar[timedelta] = timedelta(minutes=30)

    def fetch(self, currencies: Collection[str]) -> list[Observation]:
        return self.read(self.wire.get("/api/v2/dollar", _QUERY)) if "VES" in currencies else []

    def read(self, text: str) -> list[Observation]:
        with reading(text):
            answer = read_json(text)
            rate, value_date = figure(answer["price"]), day_of(answer["last_update"])
        return [Observation(self.code, self.kind, "VES", rate, value_date, text)]
