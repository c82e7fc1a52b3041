"""`python -m bench --cpu`: processor time per request, for a machine on which others work too.

The server's own entry point is called in this process, shop and floor in turns. What is counted is the time that the
processor spent on us, and on the database's process that serves us: waiting, for the disk or for a turn, does not show.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from django.db import connection

from bench import shop
from bench.run import all_scenarios, count_queries
from bench.scenarios import Call, Scenario
from config.wsgi import application

_ROUNDS = 15
_REQUESTS = {"checkout": 10, "add": 20, "login": 3}  # of a round; reads are quicker, so that more of them are needed
_READS = 60


class Spent(NamedTuple):
    """Milliseconds of processor time per request."""

    python: float
    database: float

    @property
    def both(self) -> float:
        return self.python + self.database


def report(options: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Print a line per scenario."""
    shop.prepare(products=options.products, is_fresh=options.fresh, say=say)
    print("milliseconds of processor time: shop (Python + database)   floor (Python + database)   ratio   statements")
    for scenario in all_scenarios():
        if scenario.name in options.only:
            print(_line(scenario), flush=True)


def _line(scenario: Scenario) -> str:
    many = _REQUESTS.get(scenario.name, _READS)
    pairs = []
    for number in range(-2, _ROUNDS):  # the first two warm up
        pair = [_spend(scenario, path, many) for path in (scenario.path, scenario.floor_path)]
        if number >= 0:
            pairs.append(pair)
    ours, floor = ([pair[side] for pair in pairs] for side in (0, 1))
    ratio = median(one.both / other.both for one, other in zip(ours, floor, strict=True))
    return f"{scenario.name:>12}  {_figures(ours)}   {_figures(floor)}   {ratio:5.2f}   {count_queries(scenario)}"


def _figures(turns: list[Spent]) -> str:
    python, database = (median(column) for column in zip(*turns, strict=True))
    return f"{python + database:7.3f} ({python:.3f} + {database:.3f})"


def _spend(scenario: Scenario, path: str, many: int) -> Spent:
    calls = scenario.calls(many, path)
    environs = [_environ(calls[number % len(calls)]) for number in range(many)]
    python, database = time.process_time_ns(), _database_ns()
    for environ in environs:
        _answer(environ, scenario.expect_of(path))
    spent = (time.process_time_ns() - python, _database_ns() - database)
    return Spent(*(nanoseconds / many / 1e6 for nanoseconds in spent))


def _answer(environ: dict[str, Any], expect: str) -> None:
    statuses: list[str] = []
    answer = application(environ, lambda status, headers: statuses.append(status))
    body = b"".join(answer)
    answer.close()  # Django ends the request here
    if not statuses[0].startswith(expect):
        sys.exit(f"{environ['PATH_INFO']} answered {statuses[0]}: {body[:500]!r}")


def _environ(call: Call) -> dict[str, Any]:
    path, _, query = call.path.partition("?")
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in call.headers}
    return {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json" if call.body else "",
        "CONTENT_LENGTH": str(len(call.body)) if call.body else "",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_ACCEPT": "application/json",
        "HTTP_ACCEPT_ENCODING": "gzip",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(call.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **headers,
    }


def _database_ns() -> int:
    """What the backend that serves us has used; Linux alone tells, elsewhere it counts as nothing."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    except OSError:
        return 0
