"""Companies that mix market feeds. They lag the central bank by up to a day: good to compare with, not to price by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from apps.fx_rates.models import BASE, RateKind, Reason
from apps.fx_rates.policy import Observation
from apps.fx_rates.providers.base import SourceFailed
from apps.fx_rates.providers.wire import Wire, day_of_unix, figure, read_json, reading


@dataclass(frozen=True, slots=True)
class ExchangeRateApi:
    """1,500 requests a month are free, updated daily. Source: https://www.exchangerate-api.com/docs/standard-requests"""

    wire: Wire
    key: str
    code: ClassVar[str] = "exchangerate_api"
    kind: ClassVar[RateKind] = RateKind.AGGREGATE
    interval: ClassVar[timedelta] = timedelta(minutes=55)

    def fetch(self, currencies: Collection[str]) -> list[Observation]:
        return self.read(self.wire.get(f"/v6/{self.key}/latest/{BASE}"), currencies)

    def read(self, text: str, currencies: Collection[str]) -> list[Observation]:
        return _exchangerate_api(self.code, text, "conversion_rates", currencies)


@dataclass(frozen=True, slots=True)
class OpenErApi:
    """The same company without a key: `rates` for `conversion_rates`, daily, attribution asked for.

    Source: https://www.exchangerate-api.com/docs/free
    """

    wire: Wire
    code: ClassVar[str] = "open_er_api"
    kind: ClassVar[RateKind] = RateKind.AGGREGATE
    interval: ClassVar[timedelta] = timedelta(minutes=55)

    def fetch(self, currencies: Collection[str]) -> list[Observation]:
        return self.read(self.wire.get(f"/v6/latest/{BASE}"), currencies)

    def read(self, text: str, currencies: Collection[str]) -> list[Observation]:
        return _exchangerate_api(self.code, text, "rates", currencies)


@dataclass(frozen=True, slots=True)
class OpenExchangeRates:
    """1,000 requests a month are free, hourly. Source: https://docs.openexchangerates.org/reference/latest-json"""

    wire: Wire
    key: str
    code: ClassVar[str] = "open_exchange_rates"
    kind: ClassVar[RateKind] = RateKind.AGGREGATE
    interval: ClassVar[timedelta] = timedelta(minutes=55)

    def fetch(self, currencies: Collection[str]) -> list[Observation]:
        query = {"app_id": self.key, "symbols": ",".join(currencies)}
        return self.read(self.wire.get("/api/latest.json", query), currencies)

    def read(self, text: str, currencies: Collection[str]) -> list[Observation]:
        with reading(text):
            answer = read_json(text)
            if "error" in answer:
                raise SourceFailed(Reason.REFUSED_BY_SOURCE, str(answer["message"])[:300])
            _require_base(answer["base"])
            return _observations(self.code, answer["rates"], day_of_unix(answer["timestamp"]), text, currencies)


@dataclass(frozen=True, slots=True)
class ExchangeRateHost:
    """About 100 requests a month are free; a refusal comes with status 200. Source: https://exchangerate.host/documentation"""

    wire: Wire
    key: str
    code: ClassVar[str] = "exchangerate_host"
    kind: ClassVar[RateKind] = RateKind.AGGREGATE
    interval: ClassVar[timedelta] = timedelta(hours=8)

    def fetch(self, currencies: Collection[str]) -> list[Observation]:
        query = {"access_key": self.key, "source": BASE, "currencies": ",".join(currencies)}
        return self.read(self.wire.get("/live", query), currencies)

    def read(self, text: str, currencies: Collection[str]) -> list[Observation]:
        with reading(text):
            answer = read_json(text)
            if answer["success"] is not True:
                error = answer["error"]
                raise SourceFailed(Reason.REFUSED_BY_SOURCE, f"{error['code']} {error.get('type', '')}"[:300])
            _require_base(answer["source"])
            rates = {pair.removeprefix(BASE): rate for pair, rate in answer["quotes"].items()}
            return _observations(self.code, rates, day_of_unix(answer["timestamp"]), text, currencies)


def _exchangerate_api(code: str, text: str, field: str, currencies: Collection[str]) -> list[Observation]:
    with reading(text):
        answer = read_json(text)
        if answer["result"] != "success":
            raise SourceFailed(Reason.REFUSED_BY_SOURCE, str(answer["error-type"])[:300])
        _require_base(answer["base_code"])
        return _observations(code, answer[field], day_of_unix(answer["time_last_update_unix"]), text, currencies)


def _require_base(code: Any) -> None:
    if code != BASE:
        raise SourceFailed(Reason.WRONG_CURRENCY, f"The rates are for {code!r:.40}, not {BASE}.")


def _observations(
    code: str, rates: Mapping[str, Any], value_date: date, raw: str, currencies: Collection[str]
) -> list[Observation]:
    known = [currency for currency in currencies if currency in rates]
    if not known:
        raise SourceFailed(Reason.WRONG_CURRENCY, f"None of {', '.join(currencies)} is in the answer.")
    return [
        Observation(code, RateKind.AGGREGATE, currency, figure(rates[currency]), value_date, raw) for currency in known
    ]
