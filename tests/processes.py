"""Programs that a test starts beside itself."""

import contextlib
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 60


@contextlib.contextmanager
def running(command: Sequence[Any], log: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The program while the block runs; whatever happens in it, the program is gone afterwards."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """One from below the range that systems lend to outgoing connections, so that nobody is given it meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_until(happened: Callable[[], Any], *, process: subprocess.Popen[bytes], log: Path) -> Any:
    """Ask until the answer is truthy, and return it; fails with the log when the process ends or takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := happened()):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{process.args} ended or took too long:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)
    return answer
