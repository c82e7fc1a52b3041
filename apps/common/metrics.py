"""Figures for Prometheus. Every one is read from the database when it is asked for, so any process may answer.

Nothing is counted in a process: there are several, and each would know its own part only. Apps register their figures
in `metrics.py`, as they do their invariants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from apps.common import health


@dataclass(frozen=True, slots=True)
class Gauge:
    """`read` gives rows: a value for each of the labels, and the figure."""

    name: str
    says: str
    labels: tuple[str, ...]
    read: Callable[[], Iterable[Sequence[Any]]]


_REGISTERED: dict[str, Gauge] = {}


def register(*gauges: Gauge) -> None:
    """Called from an app's `metrics.py`."""
    _REGISTERED.update({gauge.name: gauge for gauge in gauges})


def exposition() -> bytes:
    """All figures as text for Prometheus; while the database is down, only which parts are."""
    registry = CollectorRegistry()
    registry.register(_Figures())
    return generate_latest(registry)


class _Figures(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        report = health.examine()
        parts = report.parts.items()
        ups = [(name, part.status != "down") for name, part in parts]
        yield _family(Gauge("shop_part_up", "Whether a part of the shop works.", ("part",), lambda: ups))
        lags = [(name, part.lag_seconds) for name, part in parts if part.lag_seconds is not None]
        says = "How long the oldest work has waited that a part could do now."
        yield _family(Gauge("shop_part_lag_seconds", says, ("part",), lambda: lags))
        if report.time is not None:
            yield from map(_family, _REGISTERED.values())


def _family(gauge: Gauge) -> GaugeMetricFamily:
    family = GaugeMetricFamily(gauge.name, gauge.says, labels=gauge.labels)
    for *labels, figure in gauge.read():
        family.add_metric([str(label) for label in labels], figure)
    return family
