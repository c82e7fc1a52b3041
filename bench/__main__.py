"""`python -m bench`: measure the shop against its floor and write the report to bench/results/."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

SCENARIOS = ["list", "filtered", "facets", "page30", "cursor", "search-new", "search-broad-new", "search", "suggest"]
SCENARIOS += ["home", "list-again", "list-304", "detail", "detail-again", "add", "checkout", "token", "login"]


def main() -> int:
    options = _parser().parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()
    from bench import cpu, run

    if options.cpu:
        cpu.report(options, say=_say)
        return 0
    report = run.run(options, say=_say)
    name = f"{report.facts['date'].replace(' ', '-').replace(':', '')}"
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / f"{name}.json").write_text(json.dumps(report.as_json(), indent=1) + "\n")
    (options.output / f"{name}.md").write_text(report.as_markdown())
    print(report.as_markdown())
    return 1 if report.is_broken else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--products", type=int, default=10_000, help="in the shop; seeded once (default 10000)")
    parser.add_argument("--seconds", type=float, default=5, help="per scenario and number of connections (default 5)")
    parser.add_argument("--connections", type=_numbers, default=[1, 8, 32], help="in parallel (default 1,8,32)")
    parser.add_argument("--only", type=_names, default=SCENARIOS, help=f"some of {','.join(SCENARIOS)}")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results", help="folder for the report")
    parser.add_argument("--cpu", action="store_true", help="count processor time instead, in this process; no report")
    parser.add_argument("--fresh", action="store_true", help="seed the shop again")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _names(text: str) -> list[str]:
    unknown = set(text.split(",")) - set(SCENARIOS)
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(SCENARIOS)}")
    return text.split(",")


if __name__ == "__main__":
    sys.exit(main())
