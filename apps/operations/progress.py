"""How far a long command has come, on a terminal that somebody looks at."""

from __future__ import annotations

import time

from django.core.management.base import OutputWrapper

PATIENCE_SECONDS = 2


class Progress:
    """One line that is written over, from two seconds after the start; silent where there is no terminal."""

    def __init__(self, stream: OutputWrapper, noun: str) -> None:
        self._stream, self._noun, self._started, self._is_shown = stream, noun, time.monotonic(), False

    def __call__(self, done: int, total: int) -> None:
        if self._stream.isatty() and time.monotonic() - self._started > PATIENCE_SECONDS:
            self._is_shown = True
            self._stream.write(f"\r{done} of {total} {self._noun}", str, ending="")
            self._stream.flush()

    def end(self) -> None:
        """Leave the line, if there is one."""
        if self._is_shown:
            self._stream.write("")
