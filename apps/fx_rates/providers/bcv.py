"""The central bank's own page. There is no API; the page is slow, and its server leaves out a certificate."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from apps.fx_rates.models import RateKind, Reason
from apps.fx_rates.policy import Observation
from apps.fx_rates.providers.base import SourceFailed
from apps.fx_rates.providers.wire import Wire, day_of, figure, reading

_DOLLAR = re.compile(
    r'id="dolar"(?:(?!\sid=").)*?<span>\s*(?P<code>[A-Z]{3})\s*</span>(?:(?!\sid=").)*?'
    r"<strong[^>]*>\s*(?P<rate>[^<]*?)\s*</strong>",
    re.DOTALL,
)
_VALUE_DATE = re.compile(r'Fecha Valor:\s*<span[^>]*\sclass="date-display-single"[^>]*\scontent="(?P<moment>[^"]+)"')
_FIGURE = re.compile(r"(?:\d{1,3}(?:\.\d{3})+|\d+),\d{2,10}", re.ASCII)  # 1.050,12340000


@dataclass(frozen=True, slots=True)
class BcvPage:
    """`Fecha Valor` on the page is the value date: from the afternoon on, that of the next bank day.

    Source: https://www.bcv.org.ve/
    """

    wire: Wire
    code: ClassVar[str] = "bcv"
    kind: ClassVar[RateKind] = RateKind.OFFICIAL
    interval: ClassVar[timedelta] = timedelta(minutes=30)

    def fetch(self, currencies: Collection[str]) -> list[Observation]:
        return self.read(self.wire.get("/")) if "VES" in currencies else []

    def read(self, page: str) -> list[Observation]:
        with reading(page):
            dollar, moment = _only(_DOLLAR, page), _only(_VALUE_DATE, page)
            if dollar["code"] != "USD":
                raise SourceFailed(Reason.WRONG_CURRENCY, f"The page's dollar says {dollar['code']}.")
            rate, value_date = figure(_number(dollar["rate"])), day_of(moment["moment"])
        raw = f"{dollar[0]}\n{moment[0]}"
        return [Observation(self.code, self.kind, "VES", rate, value_date, raw)]


def _only(pattern: re.Pattern[str], page: str) -> re.Match[str]:
    matches = list(pattern.finditer(page))
    if len({tuple(match.groups()) for match in matches}) != 1:
        raise ValueError(f"the page has {len(matches)} places that look like {pattern.pattern[:20]!r}")
    return matches[0]


def _number(text: str) -> Decimal:
    if not _FIGURE.fullmatch(text):
        raise ValueError(f"{text!r:.40} is not written as the bank writes numbers")
    return Decimal(text.replace(".", "").replace(",", "."))
