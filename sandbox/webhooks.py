"""Delivering webhooks in the background: signed anew for every try, repeated with growing delays, faulty on request."""

import asyncio
import functools
import logging
import time
from collections import deque
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import httpx

from sandbox.faults import Fault, FaultBook
from sandbox.settings import Target

log = logging.getLogger("sandbox")

TIMEOUT_SECONDS = 10
URGENT_SECONDS = 10
NOT_THE_SECRET = "forged"
the_trusted = functools.cache(lambda: httpx.create_ssl_context(trust_env=False))  # read once for all companies
NO_KEEPALIVE = httpx.Limits(max_keepalive_connections=0)  # a shop that restarts must not meet a dead connection


@dataclass(frozen=True)
class Message:
    """One event as it goes over the wire; `url` is set if the call that caused it has named who should hear."""

    event_id: str
    type: str
    body: bytes
    url: str | None = None


@dataclass(frozen=True)
class Delivery:
    """One try, or what was done instead; `outcome` is the receiver's status or captured, unreachable, dropped, held."""

    event_id: str
    type: str
    url: str | None
    attempt: int
    outcome: str
    at: float
    headers: dict[str, str]
    body: str


class Sender(Protocol):
    """What the courier asks of the company whose events it carries; company.py says what each means."""

    name: str
    target: Target

    def targets(self, event_type: str) -> list[Target]: ...
    def webhook_headers(self, target: Target, body: bytes) -> dict[str, str]: ...
    def altered(self, body: bytes, field: str, value: Any) -> bytes: ...
    def delivered(self, event_id: str) -> None: ...


class Courier:
    """Carries one company's events to whoever should hear of them."""

    def __init__(self, company: Sender, faults: FaultBook, retry_delays: tuple[float, ...]) -> None:
        self.company = company
        self.faults = faults
        self.retry_delays = retry_delays
        self.deliveries: deque[Delivery] = deque(maxlen=1000)
        self.held: list[Message] = []
        self.shuffled: list[Message] = []
        self.urgent: list[asyncio.Task[None]] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.client = httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS, trust_env=False, verify=the_trusted(), limits=NO_KEEPALIVE
        )

    def post(self, message: Message) -> None:
        """Start delivering, or do what a waiting fault says; returns at once."""
        fault = self.faults.for_event(self.company.name, message.type)
        if fault is None:
            self._send(message)
        else:
            self._misdeliver(message, fault)

    def release(self, *, reverse: bool = False) -> int:
        """Send what hold has collected and stop holding; answers how many."""
        self.faults.forget("hold")
        held, self.held = self.held, []
        self._send_all(reversed(held) if reverse else held)
        return len(held)

    async def finish_urgent(self) -> None:
        """Wait for events that a before_answer fault wants to arrive earlier than the answer."""
        urgent, self.urgent = self.urgent, []
        if urgent:
            await asyncio.wait(urgent, timeout=URGENT_SECONDS)

    async def reset(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.held, self.shuffled, self.urgent = [], [], []
        self.deliveries.clear()

    async def close(self) -> None:
        await self.reset()
        await self.client.aclose()

    def _misdeliver(self, message: Message, fault: Fault) -> None:
        match fault.kind:
            case "drop":
                self._note(message, "dropped")
            case "hold":
                self.held.append(message)
                self._note(message, "held")
            case "reorder":
                self._shuffle(message, fault.count)
            case "duplicate":
                self._send_all([message] * fault.count)
            case "delay":
                self._send(message, after=fault.seconds or 1)
            case "forge":
                self._send(message, forged=True)
            case "before_answer":
                self.urgent += self._send(message)
            case "alter_amount" | "alter_currency":
                field = fault.kind.removeprefix("alter_")
                self._send(replace(message, body=self.company.altered(message.body, field, fault.value)))

    def _shuffle(self, message: Message, count: int) -> None:
        self.shuffled.append(message)
        if len(self.shuffled) >= count:
            waiting, self.shuffled = self.shuffled, []
            self._start(self._one_after_another(reversed(waiting)))

    def _send_all(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._send(message)

    async def _one_after_another(self, messages: Iterable[Message]) -> None:
        for message in messages:
            for target in self._targets(message):
                await self._deliver(message, target)

    def _send(self, message: Message, *, after: float = 0, forged: bool = False) -> list[asyncio.Task[None]]:
        return [self._start(self._deliver(message, target, after, forged)) for target in self._targets(message)]

    def _targets(self, message: Message) -> list[Target]:
        return self.company.targets(message.type) or [Target(message.url, self.company.target.secret)]

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def _deliver(self, message: Message, target: Target, after: float = 0, forged: bool = False) -> None:
        for attempt, delay in enumerate((after, *self.retry_delays), start=1):
            if delay:
                await asyncio.sleep(delay)
            if await self._try(message, target, attempt, forged):
                self.company.delivered(message.event_id)
                return

    async def _try(self, message: Message, target: Target, attempt: int, forged: bool) -> bool:
        signer = replace(target, secret=NOT_THE_SECRET) if forged else target
        headers = self.company.webhook_headers(signer, message.body)
        if target.url is None:
            self._note(message, "captured", headers=headers)
            return True
        try:
            response = await self.client.post(target.url, content=message.body, headers=headers)
        except httpx.HTTPError:
            self._note(message, "unreachable", target.url, attempt, headers)
            return False
        self._note(message, str(response.status_code), target.url, attempt, headers)
        return response.is_success

    def _note(
        self,
        message: Message,
        outcome: str,
        url: str | None = None,
        attempt: int = 1,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.deliveries.append(
            Delivery(
                message.event_id, message.type, url, attempt, outcome, time.time(), headers or {}, message.body.decode()
            )
        )
        log.info("%-8s → %s %s (try %d) %s", self.company.name, message.type, url or "", attempt, outcome)
