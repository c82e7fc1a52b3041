"""The whole shop as `make run` starts it, in a folder and on ports of its own, for tests that look from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psutil

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120


class Stack:
    """Start it, ask it over HTTP, run `manage.py` beside it, kill parts of it, stop it."""

    def __init__(self, folder: Path) -> None:
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
        wait_until(self.is_ready, START_SECONDS, lambda: f"the shop does not start:\n{self.log.read_text()[-4000:]}")

    def is_ready(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"make run ended:\n{self.log.read_text()[-4000:]}")
        try:
            return self.get("/api/health/ready/")[0] == 200
        except OSError:
            return False

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.wait(timeout=30)

    def restart(self) -> None:
        """Stop what is left and start again in the same folder."""
        self.stop()
        self.start()

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        return self.send("GET", path, None, headers)

    def page(self, path: str) -> str:
        """A page for people, as text."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:  # noqa: S310  our own server on loopback
            return str(answer.read().decode())

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        return self.send("POST", path, body, headers)

    def send(self, method: str, path: str, body: Any, headers: dict[str, str] | None) -> tuple[int, Any]:
        address = path if path.startswith("http") else self.url + path
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address, data, {"Content-Type": "application/json", **(headers or {})})  # noqa: S310
        request.method = method
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  our own server on loopback
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
            timeout=180,
        )

    def audit(self) -> str:
        """What the audit says; ends in "0 broken." when all is well."""
        return self.manage("audit", check=False).stdout.strip()

    def processes(self, *words: str) -> list[psutil.Process]:
        """Running processes of this stack whose command line has all the words."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if all(word in " ".join(child.cmdline()) for word in words)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_true: Any, seconds: float, complaint: Any = lambda: "it did not happen in time") -> None:
    """Ask again and again until it is so, or fail with the complaint."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_true():
            return
        time.sleep(0.2)
    raise AssertionError(complaint())
