"""Which process runs which tests, and in what order, when there are several (pytest-xdist).

The tests of a file run in one process, since what is dear to make is made once for a file; some files share more than
that. What takes longest comes first, so that in the end nobody waits long for the last. xdist's own way to say so,
`--dist loadgroup`, does not work with the ids of pytest 9.2.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "the running shop": (
        "tests/faults/test_kill.py",
        "tests/journeys/",
        "config/tests/test_run.py::test_when_the_shop_is_told",
    ),
    "who may do what": ("tests/security/",),
}
LONG = ("tests/", "config/")  # for how few they are


def share_of(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return next((name for name, beginnings in TOGETHER.items() if nodeid.startswith(beginnings)), file)


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """The running shop, which mostly waits; then what takes long; last the files with the fewest tests."""
    sizes = Counter(share_of(item.nodeid) for item in items)

    def place(item: pytest.Item) -> tuple[bool, bool, int]:
        share = share_of(item.nodeid)
        return share != "the running shop", not item.nodeid.startswith(LONG), -sizes[share]

    return sorted(items, key=place)


class Scheduling(LoadScopeScheduling):
    """Gives out whole shares, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    return Scheduling(config, log)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests that wait, for a browser or the whole shop, leave them free."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("stack") and share_of(item.nodeid) != "the running shop":
            raise pytest.UsageError(f"{item.nodeid} is marked `stack`; tests/workers.py should say so.")
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = in_order(items)
