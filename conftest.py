"""Fixtures that every test may ask for, and what holds for all of them."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from apps.catalog.api import editions
from apps.common import audit

pytest_plugins = [
    "sandbox.pytest_plugin",
    "tests.chromium",
    "tests.database",
    "tests.redis_server",
    "tests.stack",
    "tests.workers",
]

# A machine that does much else is slow, and a slow example proves nothing
slow = [HealthCheck.too_slow]
settings.register_profile("patient", parent=settings.default, deadline=None, suppress_health_check=slow)
settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """What was loaded and collected stays to the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


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
