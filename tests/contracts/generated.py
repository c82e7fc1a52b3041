"""What schemathesis thinks up for each operation of the API's schema.

Only who sends such requests imports this: schemathesis takes a second to load, and the schema one more to be made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck
from schemathesis import Case
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from tests.security import routes

EXAMPLES = int(os.environ.get("API_FUZZ_EXAMPLES", "0"))
MODES = [HypothesisTestMode.EXAMPLES, HypothesisTestMode.FUZZING]
DEEP = [*MODES, HypothesisTestMode.COVERAGE]
LOOKING = hypothesis.settings(
    max_examples=EXAMPLES or 4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)

load_all_checks()
SCHEMA = schemathesis.openapi.from_dict(routes.schema())


def ask(route: str, answers_to: Callable[[Case], Iterable[Any]]) -> None:
    """Send all of them; none of the answers may be the server's failure."""

    def look_at(case: Case) -> None:
        for answer in answers_to(case):
            case.validate_response(answer, checks=[not_a_server_error])

    operation = SCHEMA.find_operation_by_label(route)
    assert operation is not None, route
    config = HypothesisTestConfig(project=SCHEMA.config, modes=DEEP if EXAMPLES else MODES, settings=LOOKING)
    create_test(operation=operation, test_func=look_at, config=config)()
