"""`make run`: the whole shop in one process tree, in the foreground, until Ctrl-C.

The database is made ready first, in this process; then the Procfile's programs are started. This process alone holds
the embedded PostgreSQL (its children are given an address), so the server stops after them, when this process ends.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from decouple import config
from django.apps import apps
from django.core.management import call_command, get_commands
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from config import embedded
from config.processes import STOP_SIGNALS, Processes

ROOT = Path(__file__).resolve().parent.parent
STARTED = time.monotonic()
PATIENCE_SECONDS = 60


class CannotStart(Exception):
    """One sentence for the person at the keyboard."""


def main() -> None:
    for name in STOP_SIGNALS:
        signal.signal(name, leave)
    try:
        ports = {"PORT": claim_port("PORT", 8000), "SANDBOX_PORT": claim_port("SANDBOX_PORT", 8100)}
        if ports["PORT"] == ports["SANDBOX_PORT"]:
            raise CannotStart("PORT and SANDBOX_PORT are the same; choose two.")
        os.environ.update({name: str(port) for name, port in ports.items()})
        step("Database", start_database)
        read_settings()
        step("Migrations", migrate)
        step("Demo shop", load_demo_shop)
        connection.close()
        run_the_processes(f"http://127.0.0.1:{ports['PORT']}", f"http://127.0.0.1:{ports['SANDBOX_PORT']}")
    except (CannotStart, embedded.EmbeddedServerFailed) as error:
        sys.exit(f"\n{error}")
    except OperationalError as error:
        sys.exit(f"\nThe database does not answer: {str(error).splitlines()[0]}")


def leave(*_: object) -> None:
    """Asked to stop: PostgreSQL is stopped on the way out."""
    sys.exit(0)


def claim_port(name: str, default: int) -> int:
    """The port that the variable asks for, once it is known to be free."""
    wanted = str(config(name, default=str(default)))
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        raise CannotStart(f"{name} must be a number from 1 to 65535, not {wanted!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just given up is free
        try:
            probe.bind(("127.0.0.1", int(wanted)))
        except OSError as error:
            is_taken = error.errno == errno.EADDRINUSE
            reason = "is taken by another program" if is_taken else f"cannot be used ({error.strerror})"
            raise CannotStart(f"Port {wanted} {reason}; choose another: make run {name}={int(wanted) + 1}") from error
    return int(wanted)


def step(title: str, work: Callable[[], str]) -> None:
    print(f"{title:<22}", end="", flush=True)  # noqa: T201  the person at the keyboard reads this
    started = time.monotonic()
    print(f"{work()} ({time.monotonic() - started:.1f} s)", flush=True)  # noqa: T201


def start_database() -> str:
    if config("DATABASE_URL", default=""):
        return "the one that DATABASE_URL names"
    folder = Path(config("DATA_DIR", default=str(ROOT / ".data"))) / "postgres"
    with not_disturbed():
        os.environ["DATABASE_URL"] = embedded.database_url(folder, database="shop")
    return f"PostgreSQL in {os.path.relpath(folder)}"


@contextmanager
def not_disturbed() -> Iterator[None]:
    """A request to stop waits until the end of the block: a server that is half started would be left behind."""
    requests: list[int] = []
    before = {name: signal.signal(name, lambda number, _: requests.append(number)) for name in STOP_SIGNALS}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
        if requests:
            leave()


def read_settings() -> None:
    try:
        django.setup()
    except ValueError as error:
        raise CannotStart(f"The settings cannot be read: {str(error).splitlines()[0]}") from error


def migrate() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", interactive=False, verbosity=0)
    return f"{len(plan)} applied" if plan else "all applied before"


def load_demo_shop() -> str:
    if apps.get_model("catalog", "Product").objects.exists():
        return "there already"
    if "seed_demo" not in get_commands():
        return "none yet"
    call_command("seed_demo", verbosity=0)
    return "loaded"


def run_the_processes(site: str, sandbox: str) -> None:
    """Returns when it was asked to stop and all have ended."""
    programs = read_procfile(ROOT / "Procfile")
    with Processes(environment=environment_of_children(site), folder=ROOT) as processes:
        processes.start("web", programs.pop("web"))  # alone at first, so that it has both processors to itself
        is_open = processes.wait_until(lambda: answers(f"{site}/api/health/live/"), patience_seconds=PATIENCE_SECONDS)
        for name, command in programs.items():
            processes.start(name, command)
        if is_open and processes.wait_until(lambda: answers(f"{sandbox}/"), patience_seconds=PATIENCE_SECONDS):
            announce(site, sandbox)
        ended = processes.wait()
    if ended:
        raise CannotStart(f"{ended} (what it said is above), so the others were stopped.")


def read_procfile(file: Path) -> dict[str, str]:
    """Each program's command by its name, in the order of the file."""
    lines = [line.partition(":") for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return {name.strip(): command.strip() for name, _, command in lines}


def environment_of_children(site: str) -> dict[str, str]:
    data = Path(config("DATA_DIR", default=str(ROOT / ".data")))
    sandbox = {
        "SANDBOX_DATA": str(data / "sandbox"),
        "SANDBOX_STRIPE_WEBHOOK_URL": f"{site}/api/v1/payments/webhooks/stripe/",
        "SANDBOX_STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
        "SANDBOX_PAYPAL_WEBHOOK_URL": f"{site}/api/v1/payments/webhooks/paypal/",
        "SANDBOX_PAYSTACK_WEBHOOK_URL": f"{site}/api/v1/payments/webhooks/paystack/",
        "SANDBOX_TWILIO_WEBHOOK_URL": f"{site}/api/v1/notifications/webhooks/twilio/inbound/",
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    quiet = "ignore:You're running the worker with superuser"  # in a container one does
    return {**sandbox, **os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": quiet}


def announce(site: str, sandbox: str) -> None:
    from apps.operations import demo  # noqa: PLC0415  models are there only once Django is set up

    print(  # noqa: T201
        f"\nThe shop is open, {time.monotonic() - STARTED:.1f} s after the start. Ctrl-C stops everything.\n\n"
        f"  Storefront API   {site}/api/v1/products/\n"
        f"  Documents        {site}/api/docs/\n"
        f"  Admin            {site}/admin/  as {demo.STAFF_EMAIL}, password {demo.PASSWORD}\n"
        f"  Mail             {site}/dev/mail/\n"
        f"  Companies        {sandbox}/\n",
        flush=True,
    )


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310  our own address
            return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
