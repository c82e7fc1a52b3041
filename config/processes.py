"""Programs side by side in one terminal: their lines in one stream, each with its name, and one end for all of them.

Each program gets a session of its own, so that Ctrl-C reaches us alone and we decide who stops, and how.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import IO, Self

GRACE_SECONDS = 2.5  # a worker needs one to two; what it leaves undone is in the outbox
TICK_SECONDS = 0.05
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Processes:
    """A context: inside, programs are started and waited for; on the way out every one of them is stopped.

    A signal to stop is only noted, and seen by `wait` and `wait_until`; a second one cuts the grace short.
    """

    def __init__(self, *, environment: Mapping[str, str], folder: Path, grace_seconds: float = GRACE_SECONDS) -> None:
        self._environment, self._folder, self._grace_seconds = environment, folder, grace_seconds
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._readers: list[threading.Thread] = []
        self._times_asked_to_stop = 0

    def __enter__(self) -> Self:
        for name in STOP_SIGNALS:
            signal.signal(name, self._note_signal)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def is_asked_to_stop(self) -> bool:
        return self._times_asked_to_stop > 0

    def start(self, name: str, command: str) -> None:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],  # the Procfile's lines are the shell's
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._started[name] = process
        reader = threading.Thread(target=_pass_on, args=(name, process.stdout), daemon=True)
        reader.start()
        self._readers.append(reader)

    def wait_until(self, happened: Callable[[], bool], *, patience_seconds: float) -> bool:
        """Whether it did, before somebody ended, we were asked to stop or patience was over."""
        end = time.monotonic() + patience_seconds
        while time.monotonic() < end and not self.is_asked_to_stop and self._first_that_ended() is None:
            if happened():
                return True
            time.sleep(TICK_SECONDS)
        return False

    def wait(self) -> str | None:
        """Until we are asked to stop (None), or a program ends by itself: then who it was and how it ended."""
        while not self.is_asked_to_stop:
            if ended := self._first_that_ended():
                return ended
            time.sleep(TICK_SECONDS)
        return None

    def _note_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._times_asked_to_stop += 1

    def _first_that_ended(self) -> str | None:
        for name, process in self._started.items():
            status = process.poll()
            if status is not None:
                how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
                return f"{name} {how}"
        return None

    def _stop(self) -> None:
        asked_before = self._times_asked_to_stop
        self._send(signal.SIGTERM)
        end = time.monotonic() + self._grace_seconds
        while any(process.poll() is None for process in self._started.values()):
            if time.monotonic() > end or self._times_asked_to_stop > max(asked_before, 1):
                break
            time.sleep(TICK_SECONDS)
        self._send(signal.SIGKILL)  # also to what an ended program has left behind
        for process in self._started.values():
            process.wait()
        for reader in self._readers:
            reader.join(timeout=1)

    def _send(self, number: signal.Signals) -> None:
        for process in self._started.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left there
                os.killpg(process.pid, number)


def _pass_on(name: str, output: IO[bytes]) -> None:
    with output, contextlib.suppress(BrokenPipeError):
        for line in output:
            text = line.decode(errors="replace").rstrip()
            if text:
                sys.stdout.write(f"{name:<8}| {text}\n")
                sys.stdout.flush()
