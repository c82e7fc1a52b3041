"""The server under test: the Procfile's `web` line on a free port, with the bench's settings."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

_ROOT = Path(__file__).resolve().parent.parent
_START_SECONDS = 60


class ServerFailed(Exception):
    """The server under test did not come up; the message says where its log is."""


def command() -> str:
    """How the Procfile starts the web server."""
    for line in (_ROOT / "Procfile").read_text().splitlines():
        process, _, shell_line = line.partition(":")
        if process == "web":
            return shell_line.strip()
    raise ServerFailed("The Procfile has no `web` line.")


@dataclass(frozen=True)
class Serving:
    """A server under test."""

    port: int
    pid: int

    def megabytes(self) -> float:
        """Memory of the server and its workers that nobody else uses."""
        parent = psutil.Process(self.pid)
        return sum(process.memory_full_info().uss for process in (parent, *parent.children(recursive=True))) / 2**20


@contextmanager
def running(log: Path) -> Iterator[Serving]:
    """Serve until the block is left. Output goes to `log`."""
    port = _free_port()
    scripts = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "PORT": str(port),
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
    }
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            ["sh", "-c", command()],
            cwd=_ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_it_answers(process, port, log)
            yield Serving(port, process.pid)
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(port):
            return
        time.sleep(0.1)
    raise ServerFailed(f"The server under test did not answer; see {log}.")


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/bench/empty/")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group: the server's workers too, also when its parent died before them."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, kind)
            process.wait(timeout=10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
