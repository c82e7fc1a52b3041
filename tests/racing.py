"""Real threads against committed data: all start at once, each with its own database connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections


def race(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at the same moment and return, in their order, what each returned or the exception it raised."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=20)
            results[index] = call()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def refusals(results: Sequence[Any], kind: type[Exception]) -> int:
    """How many of the results are that refusal; any other exception is raised, for it should not have happened."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, kind):
            raise result
    return sum(isinstance(result, kind) for result in results)
