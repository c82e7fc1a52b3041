"""DolarApi repeats the central bank's rate, and knows the parallel one, which we do not ask for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from apps.fx_rates.models import RateKind, Reason
from apps.fx_rates.policy import Observation
from apps.fx_rates.providers.base import SourceFailed
from apps.fx_rates.providers.wire import Wire, day_of, figure, read_json, reading


@dataclass(frozen=True, slots=True)
class DolarApi:
    """`promedio` is the rate; `compra` and `venta` are null. Source: https://dolarapi.com/docs/venezuela/"""

    wire: Wire
    code: ClassVar[str] = "dolarapi"
    kind: ClassVar[RateKind] = RateKind.OFFICIAL
    interval: ClassVar[timedelta] = timedelta(minutes=30)

    def fetch(self, currencies: Collection[str]) -> list[Observation]:
        return self.read(self.wire.get("/v1/dolares/oficial")) if "VES" in currencies else []

    def read(self, text: str) -> list[Observation]:
        with reading(text):
            answer = read_json(text)
            if answer["fuente"] != "oficial":
                raise SourceFailed(Reason.PARALLEL_RATE, f"The answer is of {answer['fuente']!r:.40}, not official.")
            if answer["moneda"] != "USD":
                raise SourceFailed(Reason.WRONG_CURRENCY, f"The answer is for {answer['moneda']!r:.40}.")
            rate, value_date = figure(answer["promedio"]), day_of(answer["fechaActualizacion"])
        return [Observation(self.code, self.kind, "VES", rate, value_date, text)]
