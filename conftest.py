"""Fixtures that every test may ask for, and what holds for all of them."""

import os
from collections.abc import Iterator

import pytest

from apps.catalog.api import editions
from apps.common import audit

pytest_plugins = ["sandbox.pytest_plugin", "tests.database", "tests.redis_server", "tests.chromium", "tests.stack"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests that wait, for a browser or the whole shop, leave them free."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` the tests of the whole shop come first and into one process, where they share it."""
    for item in items:
        if item.get_closest_marker("stack"):
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(autouse=True)
def audit_after_a_race(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whoever wins a race, the shop must be sound afterwards."""
    if request.node.get_closest_marker("race") is None:
        yield
        return
    request.getfixturevalue("transactional_db")  # so that we look before the database is renewed
    yield
    assert [f"{finding.invariant.code}: {finding.rows}" for finding in audit.run()] == []


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    """Each test computes its own answers: statements are counted, and settings change between them."""
    editions.answers.clear()
