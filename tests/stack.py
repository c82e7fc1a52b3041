"""The whole shop as `make run` starts it, in a folder and on ports of its own, for tests that look from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psutil
import psycopg
import pytest

from apps.common import audit
from tests.processes import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 120  # for anything; on a busy machine all takes its time, and waiting ends when it has happened


class Stack:
    """Start it, ask it over HTTP, run `manage.py` beside it, kill parts of it, stop it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.sandbox_port = free_port(), free_port()
        self.url, self.sandbox_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.sandbox_port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO"))}
        self.environment = {
            **kept,
            "DATA_DIR": str(folder),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "SHOP": self.url,
            "SANDBOX": self.sandbox_url,
            "PYTHON": sys.executable,
        }
        self.log = folder / "make-run.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["make", "run"], cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self.is_ready, lambda: f"the shop does not start:\n{self.log.read_text()[-4000:]}")

    def is_ready(self) -> bool:
        """The companies too: they start later than the web, and a purchase needs them."""
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"make run ended:\n{self.log.read_text()[-4000:]}")
        try:
            calls = f"{self.sandbox_url}/_control/stripe/requests"
            return all(self.get(path)[0] == 200 for path in ("/api/health/ready/", calls))
        except OSError:
            return False

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """As Ctrl-C does: the signal goes to make and to what it runs."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, by)
            self.process.wait(timeout=PATIENCE_SECONDS)

    def restart(self) -> None:
        """Stop what is left and start again in the same folder."""
        self.stop()
        self.start()

    def be_running(self) -> Stack:
        """Whatever the test before has done to it."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        return self

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        return self.send("GET", path, None, headers)

    def page(self, path: str) -> str:
        """A page for people, as text."""
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  our own server on loopback
            return str(answer.read().decode())

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        return self.send("POST", path, body, headers)

    def send(self, method: str, path: str, body: Any, headers: dict[str, str] | None) -> tuple[int, Any]:
        address = path if path.startswith("http") else self.url + path
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address, data, {"Content-Type": "application/json", **(headers or {})})  # noqa: S310
        request.method = method
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  our own server on loopback
                return answer.status, json.loads(answer.read() or b"null")
        except HTTPError as refusal:
            with refusal:
                return refusal.code, json.loads(refusal.read() or b"null")

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=PATIENCE_SECONDS,
        )

    def broken_invariants(self) -> list[str]:
        """What `audit` would find, asked of the database itself: a `manage.py` takes two seconds to start."""
        with self.database() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return [
                one.code
                for one in audit.registered()
                if connection.execute(f"SELECT 1 FROM ({one.query}) AS offenders LIMIT 1").fetchone()  # noqa: S608  our own
            ]

    def database(self) -> psycopg.Connection:
        file = (self.folder / "postgres" / "postmaster.pid").read_text().splitlines()
        return psycopg.connect(host=file[4], port=file[3], user="postgres", dbname="shop")

    def processes(self, *words: str) -> list[psutil.Process]:
        """Running processes of this stack whose command line has all the words."""
        assert self.process is not None
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended while we looked
                if all(word in " ".join(child.cmdline()) for word in words):
                    found.append(child)
        return found

    def everything(self) -> list[psutil.Process]:
        """make, the runner, its programs and their children, and PostgreSQL, which is nobody's child."""
        assert self.process is not None
        postmaster = int((self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        return [psutil.Process(self.process.pid), *self.processes(), psutil.Process(postmaster)]


def are_over(processes: Iterable[psutil.Process]) -> bool:
    return not [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def wait_until(happened: Callable[[], Any], complaint: Callable[[], str] = lambda: "it never happened") -> None:
    """Ask again and again until it is so, or lose patience with the complaint."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        if time.monotonic() > end:
            raise AssertionError(complaint())
        time.sleep(0.1)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One for all tests marked `stack`, which run one after the other (workers.py): ask it to `be_running`.

    In the end it is stopped as by Ctrl-C, and nothing of it must be left.
    """
    stack = Stack(tmp_path_factory.mktemp("shop"))
    yield stack
    if stack.process is not None and stack.process.poll() is None:
        everything = stack.everything()
        stack.stop()
        assert are_over(everything)
