"""The sources, in the order of FX_SOURCES. A new one needs an adapter, its place in the sandbox and a line here."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from apps.fx_rates.providers.aggregates import ExchangeRateApi, ExchangeRateHost, OpenErApi, OpenExchangeRates
from apps.fx_rates.providers.base import RateSource
from apps.fx_rates.providers.bcv import BcvPage
from apps.fx_rates.providers.dolarapi import DolarApi
from apps.fx_rates.providers.pydolarve import PyDolarVe
from apps.fx_rates.providers.wire import Wire


def _bcv() -> RateSource:
    return BcvPage(Wire(settings.FX_BCV_URL, seconds=30, ca_file=settings.FX_BCV_CA_FILE))


def _dolarapi() -> RateSource:
    return DolarApi(Wire(settings.FX_DOLARAPI_URL))


def _pydolarve() -> RateSource | None:
    key = settings.FX_PYDOLARVE_KEY
    return PyDolarVe(Wire(settings.FX_PYDOLARVE_URL, headers={"Authorization": f"Bearer {key}"})) if key else None


def _exchangerate_api() -> RateSource | None:
    key = settings.FX_EXCHANGERATE_API_KEY
    return ExchangeRateApi(Wire(settings.FX_EXCHANGERATE_API_URL), key) if key else None


def _open_er_api() -> RateSource:
    return OpenErApi(Wire(settings.FX_OPEN_ER_API_URL))


def _open_exchange_rates() -> RateSource | None:
    key = settings.FX_OPEN_EXCHANGE_RATES_KEY
    return OpenExchangeRates(Wire(settings.FX_OPEN_EXCHANGE_RATES_URL), key) if key else None


def _exchangerate_host() -> RateSource | None:
    key = settings.FX_EXCHANGERATE_HOST_KEY
    return ExchangeRateHost(Wire(settings.FX_EXCHANGERATE_HOST_URL), key) if key else None


_SOURCES: dict[str, Callable[[], RateSource | None]] = {
    "bcv": _bcv,
    "dolarapi": _dolarapi,
    "pydolarve": _pydolarve,
    "exchangerate_api": _exchangerate_api,
    "open_er_api": _open_er_api,
    "open_exchange_rates": _open_exchange_rates,
    "exchangerate_host": _exchangerate_host,
}


def configured_sources() -> list[RateSource]:
    """Those of FX_SOURCES that need no key or have one."""
    made = [_SOURCES[code]() for code in settings.FX_SOURCES]
    return [source for source in made if source is not None]
