"""The sandbox for tests: served by a thread of the test process on a free port, driven through its control API."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from types import TracebackType
from typing import Any

import httpx

from sandbox.app import create_app
from sandbox.server import server_for
from sandbox.settings import Settings

PATIENCE_SECONDS = 5
NO_TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def plain_http(base_url: str = "", **options: Any) -> httpx.Client:
    """A client for servers of our own; to read whom the world trusts, once for each, takes longer than most tests."""
    return httpx.Client(base_url=base_url, verify=NO_TRUST, trust_env=False, **options)


@dataclass(frozen=True)
class Webhook:
    """A webhook that was signed and kept because nobody was registered for it."""

    company: str
    type: str
    headers: dict[str, str]
    body: bytes


class SandboxServer:
    """A running sandbox. `with SandboxServer() as sandbox:` or start() and stop()."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings(retry_delays=(0.02, 0.04, 0.08))
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # so asyncio sets NODELAY
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = server_for(create_app(self.settings), port=0)
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],), name="sandbox")
        self.idle: list[HTTPConnection] = []

    def start(self) -> "SandboxServer":
        self.thread.start()
        self.wait_until(lambda: self.server.started)
        return self

    def stop(self) -> None:
        self.control("DELETE", "/faults")  # lets go of callers who still hang
        for connection in self.idle:
            connection.close()
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()

    def __enter__(self) -> "SandboxServer":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def stripe_base(self) -> str:
        """The address to give to the SDK: `StripeClient(key, base_addresses={"api": sandbox.stripe_base})`."""
        return f"{self.url}/stripe"

    @property
    def paypal_base(self) -> str:
        return f"{self.url}/paypal"

    @property
    def paypal_authority(self) -> bytes:
        """The certificate of whoever vouches for the one that signs PayPal's events, as PEM."""
        return self._ask("GET", "/paypal/v1/notifications/certs/ca.pem")

    @property
    def webhooks(self) -> list[Webhook]:
        """What would have been delivered by now, in this order, to a shop that has given no address."""
        return [
            Webhook(one["company"], one["type"], one["headers"], one["body"].encode())
            for one in self.control("GET", "/webhooks")
            if one["outcome"] == "captured"
        ]

    def next(self, company: str, kind: str, **options: Any) -> None:
        """Let the next fitting request or webhook meet this fault; options are the fields of `sandbox.faults.Fault`."""
        self.control("POST", "/faults", {"company": company, "kind": kind, **options})

    def reset(self) -> None:
        self.control("POST", "/reset")

    def mark(self) -> None:
        """Remember how every company is now, for `go_back`, which may come any number of times."""
        self.control("POST", "/mark")

    def go_back(self) -> None:
        self.control("POST", "/mark/return")

    def approve(self, name: str, company: str = "stripe", **wishes: Any) -> dict[str, Any]:
        """What the customer does on the company's page with the payment of this name."""
        return self.control("POST", f"/{company}/{_kind_of(company, name)}/{name}/approve", wishes)

    def decline(self, name: str, company: str = "stripe") -> dict[str, Any]:
        return self.control("POST", f"/{company}/{_kind_of(company, name)}/{name}/decline")

    def send_webhooks_to(self, company: str, url: str | None, secret: str | None = None) -> None:
        """Deliver from now on to this address, until the next reset."""
        wishes = {"url": url} | ({"secret": secret} if secret else {})
        self.control("PUT", f"/{company}/webhooks", wishes)

    def release(self, company: str, *, reverse: bool = False) -> int:
        return self.control("POST", f"/{company}/webhooks/release", {"reverse": reverse})["released"]

    def deliveries(self, company: str) -> list[dict[str, Any]]:
        return self.control("GET", f"/{company}/webhooks")

    def requests(self, company: str) -> list[dict[str, Any]]:
        """What the adapters have asked for, oldest first, as it came over the wire."""
        return self.control("GET", f"/{company}/requests")

    def control(self, method: str, path: str, wishes: dict[str, Any] | None = None) -> Any:
        content = self._ask(method, f"/_control{path}", wishes)
        return json.loads(content) if content else None

    def _ask(self, method: str, path: str, wishes: dict[str, Any] | None = None) -> bytes:
        """By the standard library's own client: tests steer the sandbox thousands of times, and httpx takes longer."""
        body = None if wishes is None else json.dumps(wishes)
        connection = self.idle.pop() if self.idle else HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        self.idle.append(connection)
        if response.status >= httpx.codes.BAD_REQUEST:
            raise ValueError(content.decode())
        return content

    def wait_until(self, happened: Callable[[], Any]) -> Any:
        """Ask until the answer is truthy, and return it; for what arrives in the background."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (answer := happened()):
            if time.monotonic() > deadline:
                raise TimeoutError("It has not happened.")
            time.sleep(0.005)
        return answer


def _kind_of(company: str, name: str) -> str:
    """Under which word the company's control API has what a customer approves."""
    if company == "stripe":
        return "setup_intents" if name.startswith("seti_") else "payment_intents"
    return {"paypal": "orders"}[company]
