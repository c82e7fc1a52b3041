"""Misbehaviour on request: which fault meets which request or webhook, and what it does to an answer."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

REFUSALS = {"error_500": 500, "conflict_409": 409, "rate_limit_429": 429}
REQUEST_FAULTS = {
    *REFUSALS,
    "hang_after_recording",
    "error_500_after_recording",
    "slow",
    "reset",
    "reset_after_recording",
    "malformed_json",
}
WEBHOOK_FAULTS = {
    "duplicate",
    "delay",
    "reorder",
    "hold",
    "drop",
    "forge",
    "alter_amount",
    "alter_currency",
    "before_answer",
}
LONGEST_HANG = 60


@dataclass
class Fault:
    """One order to misbehave, used up after `times` meetings (None: never).

    `seconds` is how long slow, delay and hang last (a hang without it: until the caller gives up), `count` how many
    copies duplicate sends or how many events reorder waits for, `value` what the alter faults write.
    """

    company: str
    kind: str
    method: str | None = None
    path: str | None = None
    match: str = "prefix"
    event: str | None = None
    times: int | None = 1
    seconds: float | None = None
    count: int = 2
    value: Any = None
    id: int = field(default_factory=itertools.count(1).__next__)

    def __post_init__(self) -> None:
        if self.kind not in REQUEST_FAULTS | WEBHOOK_FAULTS:
            raise ValueError(f"There is no fault called {self.kind!r}.")
        if self.match not in {"prefix", "exact"}:
            raise ValueError("match is prefix or exact.")
        if self.kind == "hold":
            self.times = None
        if self.kind == "reorder":
            self.times = self.count

    def meets_request(self, company: str, method: str, path: str) -> bool:
        return (
            self.kind in REQUEST_FAULTS
            and self.company == company
            and self.method in {None, method}
            and self._covers(self.path, path)
        )

    def meets_event(self, company: str, event_type: str) -> bool:
        return self.kind in WEBHOOK_FAULTS and self.company == company and self._covers(self.event, event_type)

    def _covers(self, wanted: str | None, actual: str) -> bool:
        if wanted is None:
            return True
        return actual == wanted if self.match == "exact" else actual.startswith(wanted)


class FaultBook:
    """The faults that wait for their moment, first come, first served."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.hanging: set[asyncio.Event] = set()

    def add(self, fault: Fault) -> None:
        self.waiting.append(fault)

    def for_request(self, company: str, method: str, path: str) -> Fault | None:
        return self._take(fault for fault in self.waiting if fault.meets_request(company, method, path))

    def for_event(self, company: str, event_type: str) -> Fault | None:
        return self._take(fault for fault in self.waiting if fault.meets_event(company, event_type))

    def clear(self) -> None:
        """Forget every fault and let go of the callers who are still kept waiting."""
        self.waiting.clear()
        for released in self.hanging:
            released.set()

    def forget(self, kind: str) -> None:
        self.waiting = [fault for fault in self.waiting if fault.kind != kind]

    async def hang(self, request: Request, seconds: float | None) -> None:
        """Wait until the time is over, the caller has gone away, or the book is cleared."""
        released = asyncio.Event()
        self.hanging.add(released)
        ends = [asyncio.ensure_future(released.wait()), asyncio.ensure_future(gone(request.receive))]
        try:
            await asyncio.wait(ends, timeout=seconds or LONGEST_HANG, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.hanging.discard(released)
            for end in ends:
                end.cancel()

    def _take(self, fitting: Any) -> Fault | None:
        fault = next(iter(fitting), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
        return fault


class Pause:
    """The wait that a slow fault asks for: where the company's work begins, and at the latest before the answer."""

    def __init__(self, fault: Fault | None) -> None:
        self.seconds = (fault.seconds or 1) if fault is not None and fault.kind == "slow" else 0

    async def __call__(self) -> None:
        seconds, self.seconds = self.seconds, 0
        await asyncio.sleep(seconds)


class NoAnswer(Response):
    """Hang up on the caller instead of answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["sandbox.hang_up"]()
        await gone(receive)


async def gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
