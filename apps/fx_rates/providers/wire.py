"""Asking over HTTP, and reading what comes with suspicion; the sources differ only in what they say."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from time import monotonic
from typing import Any

import httpx

from apps.common.trust import trusted
from apps.fx_rates.bank_days import caracas_date
from apps.fx_rates.models import Reason
from apps.fx_rates.providers.base import SourceFailed

MOST_BYTES = 2 * 1024 * 1024
KEPT_CHARACTERS = 20_000
TEN_PLACES = Decimal("1e-10")


@dataclass(frozen=True, slots=True)
class Wire:
    """How to reach one source: within `seconds` in all, two mebibytes at most, no redirects, its certificate verified.

    `ca_file` adds certificates that the source should send along and does not.
    """

    base_url: str
    seconds: float = 10
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_file: str = ""

    def get(self, path: str, params: Mapping[str, str] | None = None) -> str:
        """The body of a 200; SourceFailed otherwise. No message names the address, which may carry a key."""
        try:
            with self._client() as client, client.stream("GET", path, params=params) as response:
                body = self._read(response)
        except httpx.HTTPError as error:
            raise SourceFailed(Reason.UNREACHABLE, type(error).__name__) from error
        if response.status_code != httpx.codes.OK:
            reason = Reason.REFUSED_BY_SOURCE if response.is_client_error else Reason.UNREACHABLE
            raise SourceFailed(reason, f"HTTP {response.status_code}", body[:KEPT_CHARACTERS])
        return body

    def _client(self) -> httpx.Client:
        headers = {"User-Agent": "shop-rates/1", **self.headers}
        return httpx.Client(base_url=self.base_url, timeout=self.seconds, verify=_trust(self.ca_file), headers=headers)

    def _read(self, response: httpx.Response) -> str:
        deadline, body = monotonic() + self.seconds, bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MOST_BYTES:
                raise SourceFailed(Reason.UNREADABLE, "The answer is too long.")
            if monotonic() > deadline:
                raise SourceFailed(Reason.UNREACHABLE, "The answer takes too long.")
        return body.decode(response.encoding or "utf-8", errors="replace").replace("\0", "")


@cache
def _trust(ca_file: str) -> ssl.SSLContext:
    if not ca_file:
        return trusted()
    context = httpx.create_ssl_context()
    context.load_verify_locations(cafile=ca_file)
    return context


@contextmanager
def reading(text: str) -> Iterator[None]:
    """Whatever is missing or of another shape than agreed makes the answer unreadable; the text is kept."""
    try:
        yield
    except SourceFailed as failure:
        raise SourceFailed(failure.reason, failure.detail, text[:KEPT_CHARACTERS]) from failure
    except (LookupError, AttributeError, TypeError, ValueError, ArithmeticError, OSError, RecursionError) as error:
        detail = f"{type(error).__name__}: {error}"[:300]
        raise SourceFailed(Reason.UNREADABLE, detail, text[:KEPT_CHARACTERS]) from error


def read_json(text: str) -> Any:
    """Every number as a Decimal, digit for digit; NaN and Infinity are no JSON."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def figure(value: Any) -> Decimal:
    """A number as the tables keep it; whether it can be a rate is for the gate to say."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r:.40} is no number")
    if not value.is_finite() or abs(value) >= 10**10:
        raise ValueError("no rate is that large")
    try:
        return value.quantize(TEN_PLACES, ROUND_HALF_UP)
    except InvalidOperation as error:
        raise ValueError("no rate has that many digits") from error


def day_of(moment: str) -> date:
    """The day in Caracas of an ISO 8601 time; one without an offset is Caracas time already."""
    parsed = datetime.fromisoformat(moment)
    return parsed.date() if parsed.tzinfo is None else caracas_date(parsed)


def day_of_unix(seconds: Decimal) -> date:
    """The day in Caracas of a Unix time."""
    return caracas_date(datetime.fromtimestamp(int(seconds), UTC))
