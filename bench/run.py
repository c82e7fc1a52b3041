"""One run: prepare the shop, count queries, let shop and floor take turns under load, audit what is left."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import ceil
from multiprocessing import get_context

from django.conf import settings

from bench import facts, load, server, shop, signing_in
from bench.load import Sample
from bench.report import Comparison, Figures, Report
from bench.scenarios import Call, Scenario, scenarios

_ROUNDS = 9  # shop and floor take turns this often, on fresh connections each time
_WARM_UP_SECONDS = 1.0
_WARM_UP_CONNECTIONS = 8  # enough to reach every worker

Say = Callable[[str], None]


@dataclass(frozen=True)
class _Load:
    """The generator in its own process, and the port of the server under test."""

    generator: ProcessPoolExecutor
    port: int

    def __call__(self, calls: list[Call], connections: int, seconds: float, *, once: bool, expect: str) -> Sample:
        requests = [call.as_bytes() for call in calls]
        slice_of_load = self.generator.submit(
            load.drive, self.port, requests, connections=connections, seconds=seconds, once=once, expect=expect
        )
        return slice_of_load.result()


def all_scenarios() -> list[Scenario]:
    return [*scenarios(shop.pool()), *signing_in.scenarios()]


def run(options: argparse.Namespace, say: Say) -> Report:
    """Measure; everything that is started here is stopped here."""
    shop.prepare(products=options.products, is_fresh=options.fresh, say=say)
    chosen = [scenario for scenario in all_scenarios() if scenario.name in options.only]
    with (
        server.running(settings.BENCH_DIR / "server.log") as serving,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as generator,
    ):
        put_load = _Load(generator, serving.port)
        known = facts.gather(options)
        empty = {number: _measure_empty(put_load, number, options.seconds) for number in options.connections}
        comparisons = [
            _compare(put_load, scenario, number, options.seconds, say)
            for scenario in chosen
            for number in options.connections
        ]
        known["memory"] = f"{serving.megabytes():.0f} MB, server and workers after the run"
    say("counting queries, auditing")
    return Report(
        facts=known,
        comparisons=comparisons,
        empty=empty,
        queries={scenario.name: count_queries(scenario) for scenario in chosen},
        targets={scenario.name: scenario.target for scenario in chosen},
        broken_invariants=shop.broken_invariants(),
    )


def _measure_empty(put_load: _Load, connections: int, seconds: float) -> Figures:
    calls = [Call("GET", "/bench/empty/")]
    put_load(calls, _WARM_UP_CONNECTIONS, _WARM_UP_SECONDS, once=False, expect="200")
    return Figures.of(put_load(calls, connections, seconds, once=False, expect="200"))


def _compare(put_load: _Load, scenario: Scenario, connections: int, seconds: float, say: Say) -> Comparison:
    """Shop and floor in turns, so that what else the machine does meets both alike."""
    samples = {scenario.path: Sample(), scenario.floor_path: Sample()}
    for path in samples:
        _slice(put_load, scenario, path, _WARM_UP_CONNECTIONS, _WARM_UP_SECONDS)
    turns = []
    for _ in range(_ROUNDS):
        ours, floors = (_slice(put_load, scenario, path, connections, seconds / _ROUNDS) for path in samples)
        samples[scenario.path].add(ours)
        samples[scenario.floor_path].add(floors)
        turns.append(Figures.of(floors).per_second / max(Figures.of(ours).per_second, 0.1))
    shop_figures, floor_figures = (Figures.of(sample) for sample in samples.values())
    found = Comparison(scenario.name, connections, shop_figures, floor_figures, turns)
    say(f"{scenario.name:>12} × {connections:<3} {_brief(found.shop)}   floor {_brief(found.floor)}")
    return found


def _slice(put_load: _Load, scenario: Scenario, path: str, connections: int, seconds: float) -> Sample:
    calls = scenario.calls(ceil(seconds * scenario.most_per_second), path)
    return put_load(calls, connections, seconds, once=scenario.once, expect=scenario.expect_of(path))


def _brief(figures: Figures) -> str:
    return f"{figures.p50:6.2f} ms {figures.per_second:7,.0f}/s {sum(figures.errors.values())} errors"


def count_queries(scenario: Scenario) -> int:
    calls = iter(scenario.calls(2, scenario.path) * 2)
    return shop.count_queries(lambda client: next(calls).send(client))
