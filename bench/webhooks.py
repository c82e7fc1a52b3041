"""`python -m bench.webhooks`: how fast the shop takes webhooks while its worker stands still, and that it loses none.

The whole shop runs as `make run` starts it, in a folder of its own. Customers pay, and the sandbox signs what it would
have sent and keeps it; the worker is stopped, all of it is posted, and the worker goes on. Then every order is paid.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from bench import load
from tests.shopping import approve_at_paypal, approve_at_stripe, buy, order_status, pay_at_paystack
from tests.stack import Stack, wait_until

CONNECTIONS = 8
PATIENCE_SECONDS = 60
WAYS: dict[str, Callable[[Stack, Any], str]] = {
    "stripe": approve_at_stripe,
    "paypal": approve_at_paypal,
    "paystack": pay_at_paystack,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.webhooks", description=__doc__)
    parser.add_argument("--orders", type=int, default=40, help="paid at each provider (default 40)")
    orders = parser.parse_args().orders
    with TemporaryDirectory() as folder:
        shop = Stack(Path(folder))
        try:
            shop.start()
            for provider in WAYS:
                print(measure(shop, provider, orders), flush=True)
            said = shop.audit()
        finally:
            shop.stop()
    print(said)
    return 0 if said.endswith("0 broken.") else 1


def measure(shop: Stack, provider: str, count: int) -> str:
    """Raises AssertionError if an event was refused or an order is not paid in the end."""
    shop.send("PUT", f"{shop.sandbox_url}/_control/{provider}/webhooks", {"url": None}, None)
    orders = [buy(shop, provider) for _ in range(count)]
    for order in orders:
        WAYS[provider](shop, order)
    requests = [as_bytes(provider, kept) for kept in kept_webhooks(shop, provider)]
    workers = shop.processes("celery", "worker")
    for worker in workers:
        worker.suspend()
    try:
        sample = load.drive(
            shop.port, requests, connections=CONNECTIONS, seconds=PATIENCE_SECONDS, once=True, expect="200"
        )
        assert not sample.errors, sample.errors
        assert {order_status(shop, order) for order in orders} == {"pending"}
    finally:
        for worker in workers:
            worker.resume()
    wait_until(lambda: {order_status(shop, order) for order in orders} == {"confirmed"})
    p50, p95 = median(sample.milliseconds), quantiles(sample.milliseconds, n=20)[-1]
    events = len(sample.milliseconds)
    return f"{provider:>9} × {CONNECTIONS}  p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  {events} events, {count} orders paid"


def kept_webhooks(shop: Stack, provider: str) -> list[Any]:
    _, deliveries = shop.get(f"{shop.sandbox_url}/_control/{provider}/webhooks")
    return [one for one in deliveries if one["outcome"] == "captured"]


def as_bytes(provider: str, kept: Any) -> bytes:
    body = kept["body"].encode()
    ours = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body))}
    theirs = {name: value for name, value in kept["headers"].items() if name.title() not in ours}
    lines = [f"POST /api/v1/payments/webhooks/{provider}/ HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in (ours | theirs).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


if __name__ == "__main__":
    sys.exit(main())
