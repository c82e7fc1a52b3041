"""`make run`: the whole shop in one process tree, in the foreground, until Ctrl-C.

The database is made ready first, in this process; then honcho runs the Procfile. This process alone holds the embedded
PostgreSQL (its children are given an address), so the server stops after them, when this process ends.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import django
from decouple import config
from django.apps import apps
from django.core.management import call_command, get_commands
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from honcho.environ import parse_procfile
from honcho.manager import Manager

from config import embedded

ROOT = Path(__file__).resolve().parent.parent
STARTED = time.monotonic()
PATIENCE_SECONDS = 60


class CannotStart(Exception):
    """One sentence for the person at the keyboard."""


def main() -> None:
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: sys.exit(0))  # so that PostgreSQL is stopped on the way out
    try:
        ports = {"PORT": claim_port("PORT", 8000), "SANDBOX_PORT": claim_port("SANDBOX_PORT", 8100)}
        os.environ.update({name: str(port) for name, port in ports.items()})
        step("Database", start_database)
        django.setup()
        step("Migrations", migrate)
        step("Demo shop", load_demo_shop)
        connection.close()
        run_the_processes(f"http://127.0.0.1:{ports['PORT']}", f"http://127.0.0.1:{ports['SANDBOX_PORT']}")
    except KeyboardInterrupt:
        sys.exit(0)
    except (CannotStart, embedded.EmbeddedServerFailed) as error:
        sys.exit(f"\n{error}")
    except OperationalError as error:
        sys.exit(f"\nThe database does not answer: {str(error).splitlines()[0]}")


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
    os.environ["DATABASE_URL"] = embedded.database_url(folder, database="shop")
    return f"PostgreSQL in {os.path.relpath(folder)}"


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
    """Returns when all have ended; the exit status says whether anybody wanted that."""
    manager = Manager()
    environment = environment_of_children(site)
    for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        manager.add_process(name, command, env=environment, cwd=str(ROOT))
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))  # honcho knows SIGINT and SIGTERM
    announcement = threading.Timer(1, announce, [site, sandbox])  # later than the forks, which copy no thread
    announcement.daemon = True
    announcement.start()
    manager.loop()
    announcement.cancel()
    if manager.returncode not in (128 + signal.SIGINT, 128 + signal.SIGTERM):
        raise CannotStart("One of the processes ended by itself (above: its name and why), so the others were stopped.")


def environment_of_children(site: str) -> dict[str, str]:
    data = Path(config("DATA_DIR", default=str(ROOT / ".data")))
    sandbox = {
        "SANDBOX_DATA": str(data / "sandbox"),
        "SANDBOX_STRIPE_WEBHOOK_URL": f"{site}/api/v1/payments/webhooks/stripe/",
        "SANDBOX_STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    quiet = "ignore:You're running the worker with superuser"  # in a container one does
    return {**sandbox, **os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": quiet}


def announce(site: str, sandbox: str) -> None:
    from apps.operations import demo  # noqa: PLC0415  models are there only once Django is set up

    if not answers(f"{site}/api/health/live/"):
        return
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
    while time.monotonic() - STARTED < PATIENCE_SECONDS:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own address
                return True
        except OSError:
            time.sleep(0.1)
    return False


if __name__ == "__main__":
    main()
