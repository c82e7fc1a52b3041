"""What every emulated company is made of."""

import logging
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.faults import REFUSALS, Fault, FaultBook, NoAnswer, Pause
from sandbox.settings import Settings, Target
from sandbox.store import Drawer
from sandbox.webhooks import Courier, Message

log = logging.getLogger("sandbox")

Endpoint = Callable[[Request], Awaitable[Response]]


def address_of(request: Request) -> str:
    """The sandbox's own address as the caller sees it: http://127.0.0.1:8100."""
    return f"{request.url.scheme}://{request.url.netloc}"


class Company(ABC):
    """One outside company: its routes, its way of refusing, its webhooks. All state that should last is in `drawer`."""

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, drawer: Drawer, faults: FaultBook, settings: Settings) -> None:
        self.drawer = drawer
        self.faults = faults
        self.settings = settings
        self.courier = Courier(self, faults, settings.retry_delays)
        self.requests: deque[dict[str, Any]] = deque(maxlen=1000)
        self.target = self.configured_target()

    @abstractmethod
    def routes(self) -> Sequence[BaseRoute]:
        """API and pages, relative to /name. Wrap API endpoints in `api`, so that faults and the log see them."""

    @abstractmethod
    def refuse(self, request: Request, status: int) -> Response:
        """An answer of 409, 429 or 500 in this company's own words."""

    def control_routes(self) -> Sequence[BaseRoute]:
        """What else the control API can do here, relative to /_control/name."""
        return []

    def overview(self) -> list[tuple[str, str, str]]:
        """Recent objects for the front page: address or nothing, name, state."""
        return []

    # A company that sends webhooks also says the following.

    default_secret: ClassVar[str] = ""

    def webhook_headers(self, target: Target, body: bytes) -> dict[str, str]:
        """The headers of one delivery, signature included, for exactly these bytes at this moment."""
        return {}

    def altered(self, body: bytes, field: str, value: Any) -> bytes:
        """The event with another `amount` or `currency` in it."""
        return body

    def events(self) -> list[dict[str, Any]]:
        """What has been announced, newest first."""
        return []

    def message(self, event_id: str) -> Message | None:
        """An event of the past, ready to be sent again."""
        return None

    def targets(self, event_type: str) -> list[Target]:
        """Who hears of an event of this type; nobody means that it is captured."""
        return [self.target] if self.target.url else []

    def delivered(self, event_id: str) -> None:
        """Called for each receiver that has taken an event."""
        return

    def answered_instead(self, request: Request, response: Response) -> None:
        """Called when a fault has replaced the answer after the work; repeat it to retries if the company would."""
        return

    def configured_target(self) -> Target:
        secret = self.settings.webhook_secrets.get(self.name, self.default_secret)
        return Target(self.settings.webhook_urls.get(self.name), secret)

    async def reset(self) -> None:
        await self.courier.reset()
        self.drawer.clear()
        self.requests.clear()
        self.target = self.configured_target()

    def api(self, work: Endpoint) -> Endpoint:
        """Wrap an API endpoint: a waiting fault may happen to it, and it is logged and remembered."""

        async def endpoint(request: Request) -> Response:
            began = time.monotonic()
            path = request.url.path.removeprefix(f"/{self.name}")
            fault = self.faults.for_request(self.name, request.method, path)
            request.state.pause = Pause(fault)
            record = await self._record(request, path)

            async def do() -> Response:
                response = await work(request)
                await request.state.pause()
                await self.courier.finish_urgent()
                return response

            response = await (self._misbehave(fault, request, do) if fault else do())
            record["status"] = None if isinstance(response, NoAnswer) else response.status_code
            self._log(record, fault, time.monotonic() - began)
            return response

        return endpoint

    def _log(self, record: dict[str, Any], fault: Fault | None, seconds: float) -> None:
        outcome, told = record["status"] or "hung up", f" ({fault.kind})" if fault else ""
        method, path, milliseconds = record["method"], record["path"], seconds * 1000
        log.info("%-8s %-6s %s %s %d ms%s", self.name, method, path, outcome, milliseconds, told)

    async def _misbehave(self, fault: Fault, request: Request, do: Callable[[], Awaitable[Response]]) -> Response:
        if fault.kind in REFUSALS:
            return self.refuse(request, REFUSALS[fault.kind])
        if fault.kind == "reset":
            return NoAnswer()
        response = await do()
        match fault.kind:
            case "reset_after_recording":
                return NoAnswer()
            case "error_500_after_recording":
                response = self.refuse(request, 500)
                self.answered_instead(request, response)
            case "malformed_json":
                half = bytes(response.body)[: len(response.body) // 2]
                return Response(half, response.status_code, media_type=response.media_type)
            case "hang_after_recording":
                await self.faults.hang(request, fault.seconds)
        return response

    async def _record(self, request: Request, path: str) -> dict[str, Any]:
        """Remember what was asked, for tests of what our adapters send; the answer's status is added later."""
        record = {
            "method": request.method,
            "path": path,
            "query": request.url.query,
            "headers": {name: value for name, value in request.headers.items() if name != "authorization"},
            "body": (await request.body()).decode(errors="replace"),
            "status": None,
        }
        self.requests.append(record)
        return record
