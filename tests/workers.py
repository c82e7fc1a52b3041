"""Which process runs which tests, when there are several (pytest-xdist).

Tests that share something dear run in one process, one after the other and from the beginning; all others run wherever
there is time. xdist's own way to say so, `--dist loadgroup`, does not work with the ids of pytest 9.2.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from _pytest.nodeid import coerce_node_id
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "the running shop": ("tests/faults/", "tests/journeys/", "config/tests/test_run.py::test_when_the_shop_is_told"),
    "the image": ("tests/test_image.py::",),
}


def share_of(nodeid: str) -> str:
    return next((name for name, beginnings in TOGETHER.items() if nodeid.startswith(beginnings)), nodeid)


class Scheduling(LoadScopeScheduling):
    """Gives out whole shares, the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    return Scheduling(config, log)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests that wait, for a browser or the whole shop, leave them free."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: Counter[str] = Counter()
    for item in items:
        seen[item.nodeid] += 1
        if seen[item.nodeid] > 1:  # schemathesis gives each operation's test the same id, and what shares one runs once
            item._id = coerce_node_id(f"{item.nodeid}#{seen[item.nodeid]}")
        if item.get_closest_marker("stack") and share_of(item.nodeid) == item.nodeid:
            raise pytest.UsageError(f"{item.nodeid} is marked `stack`; tests/workers.py should say so.")
