"""The official SDK pointed at the sandbox, and a small shop that listens for webhooks."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe

from sandbox.testing import SandboxServer

NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


@contextlib.contextmanager
def client_for(server: SandboxServer, key: str = "sk_test_x", *, timeout: float = 5, retries: int = 0):
    """The SDK as an adapter would set it up; its connections are closed at the end."""
    http_client = stripe.RequestsClient(timeout=timeout)
    addresses = {"api": server.stripe_base}
    yield stripe.StripeClient(key, base_addresses=addresses, http_client=http_client, max_network_retries=retries)
    http_client.close()


@pytest.fixture(scope="session")
def session_client(sandbox_server: SandboxServer) -> Iterator[stripe.StripeClient]:
    stripe.enable_telemetry = False
    with client_for(sandbox_server) as client:
        yield client


@pytest.fixture
def v1(sandbox: SandboxServer, session_client: stripe.StripeClient):
    """Stripe's API, version 1, of an empty account."""
    return session_client.v1


@pytest.fixture
def create(v1) -> Callable[..., stripe.PaymentIntent]:
    """Create a PaymentIntent of 20 dollars that never redirects, changed by what is given."""

    def create(**params) -> stripe.PaymentIntent:
        base = {"amount": 2000, "currency": "usd", "automatic_payment_methods": NO_REDIRECTS}
        return v1.payment_intents.create(params=base | params)

    return create


@pytest.fixture
def pay(create) -> Callable[..., stripe.PaymentIntent]:
    """Create and confirm at once, with the ready-made method that is named."""

    def pay(method: str = "pm_card_visa", **params) -> stripe.PaymentIntent:
        return create(payment_method=method, confirm=True, **params)

    return pay


class Shop(ThreadingHTTPServer):
    """Takes webhooks and remembers them; `answers` are the next statuses, 200 when they are used up."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Ear)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []


class Ear(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def shop() -> Iterator[Shop]:
    server = Shop()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
