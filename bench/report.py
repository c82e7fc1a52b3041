"""From samples to figures, and from figures to a page that a person reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import Any

from bench.load import Sample


@dataclass(frozen=True)
class Target:
    """What to beat: milliseconds at one connection, requests a second at best, and times the floor.

    `milliseconds_more` takes the place of the last: how much longer than the floor, at one connection.
    """

    milliseconds: float | None
    per_second: int | None
    times_floor: float
    milliseconds_more: float | None = None


@dataclass(frozen=True)
class Figures:
    """One side of a comparison: times in milliseconds, `size` in bytes of a whole answer, head and body."""

    requests: int
    p50: float
    p95: float
    p99: float
    per_second: float
    size: int
    errors: dict[str, int]
    generator_share: float

    @classmethod
    def of(cls, sample: Sample) -> Figures:
        times = sample.milliseconds or [float("nan")]
        hundredths = quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
        return cls(
            requests=len(sample.milliseconds),
            p50=round(median(times), 2),
            p95=round(hundredths[94], 2),
            p99=round(hundredths[98], 2),
            per_second=round(len(sample.milliseconds) / sample.seconds, 1),
            size=sample.bytes_received // max(1, len(sample.milliseconds)),
            errors=dict(sample.errors),
            generator_share=round(sample.busy_seconds / sample.seconds, 2),
        )


@dataclass(frozen=True)
class Comparison:
    """A scenario and its floor at one number of connections, measured in turns."""

    scenario: str
    connections: int
    shop: Figures
    floor: Figures
    turns: list[float]  # times the floor, in each turn that they took

    @property
    def times_floor(self) -> float:
        """How many times as long the shop takes: the median of the turns, which one disturbed turn does not move.

        As each connection waits for its answer, requests a second tell the time.
        """
        return round(median(self.turns), 2) if self.shop.requests else float("nan")


@dataclass(frozen=True)
class Report:
    """A whole run; `queries` counts statements of one request, BEGIN and COMMIT aside."""

    facts: dict[str, str]
    comparisons: list[Comparison]
    empty: dict[int, Figures]
    queries: dict[str, int]
    targets: dict[str, Target]
    broken_invariants: list[str]

    @property
    def is_broken(self) -> bool:
        """Something failed: an answer was not as expected, or the data is no longer right."""
        sides = [side for row in self.comparisons for side in (row.shop, row.floor)]
        return bool(self.broken_invariants) or any(side.errors for side in sides)

    def as_json(self) -> dict[str, Any]:
        rows = [{**asdict(row), "times_floor": row.times_floor} for row in self.comparisons]
        return {**asdict(self), "comparisons": rows}

    def as_markdown(self) -> str:
        audit = f"BROKEN: {', '.join(self.broken_invariants)}" if self.broken_invariants else "every invariant holds"
        return "\n".join(
            [
                f"# Load, {self.facts['date']}",
                "",
                *(f"- {name}: {value}" for name, value in self.facts.items()),
                f"- `manage.py audit` afterwards: {audit}",
                "",
                "## Against the targets",
                "",
                *_table(_TARGET_HEAD, [self._against_target(name) for name in self.targets]),
                "",
                "## All figures",
                "",
                "Times in milliseconds, shop and floor measured in turns; gen: the load generator's share of a core.",
                "",
                *_table(_FIGURES_HEAD, self._figure_rows()),
                "",
            ]
        )

    def _against_target(self, name: str) -> list[str]:
        rows = [row for row in self.comparisons if row.scenario == name]
        if not rows:
            return [name, *["–"] * (len(_TARGET_HEAD) - 1)]
        first, best, target = rows[0], max(row.shop.per_second for row in rows), self.targets[name]
        return [
            name,
            str(self.queries.get(name, "–")),
            f"{first.shop.p50:.2f}",
            _at_most(first.shop.p50, target.milliseconds),
            f"{best:,.0f}",
            _at_least(best, target.per_second),
            *_against_floor(first, target),
        ]

    def _figure_rows(self) -> list[list[str]]:
        rows = [["empty view", str(n), *_figures(figures), ""] for n, figures in self.empty.items()]
        for row in self.comparisons:
            rows.append([row.scenario, str(row.connections), *_figures(row.shop), f"{row.times_floor:.2f} ×"])
            rows.append(["└ floor", str(row.connections), *_figures(row.floor), ""])
        return rows


_TARGET_HEAD = ["", "queries", "p50, 1 conn.", "target", "best req/s", "target", "× floor", "target"]
_FIGURES_HEAD = ["", "conn.", "p50", "p95", "p99", "req/s", "bytes", "requests", "errors", "gen", "× floor"]


def _against_floor(row: Comparison, target: Target) -> list[str]:
    most, more = target.milliseconds_more, round(row.shop.p50 - row.floor.p50, 2)
    if most is not None:
        return [f"{more:+.2f} ms", _met(more <= most, f"≤ {most:+.2f} ms")]
    return [f"{row.times_floor:.2f} ×", _met(row.times_floor <= target.times_floor, f"≤ {target.times_floor:g} ×")]


def _figures(figures: Figures) -> list[str]:
    errors = ", ".join(f"{count} × {what}" for what, count in sorted(figures.errors.items())) or "0"
    times = [f"{value:.2f}" for value in (figures.p50, figures.p95, figures.p99)]
    counts = [f"{figures.per_second:,.0f}", f"{figures.size:,}", f"{figures.requests:,}"]
    return [*times, *counts, errors, f"{figures.generator_share:.0%}"]


def _at_most(milliseconds: float, wanted: float | None) -> str:
    return "–" if wanted is None else _met(milliseconds <= wanted, f"≤ {wanted:.2f}")


def _at_least(per_second: float, wanted: int | None) -> str:
    return "–" if wanted is None else _met(per_second >= wanted, f"≥ {wanted:,}")


def _met(is_met: bool, target: str) -> str:
    return f"{target} {'✓' if is_met else '✗'}"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
