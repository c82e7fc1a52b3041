"""A load generator that stays out of the way: one process, non-blocking sockets, requests built beforehand."""

from __future__ import annotations

import gc
import itertools
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_PATIENCE_SECONDS = 15  # how long answers may still come in after the last request went out


@dataclass
class Sample:
    """What a slice of load saw. `busy_seconds` is the generator's own processor time."""

    milliseconds: list[float] = field(default_factory=list)
    bytes_received: int = 0
    seconds: float = 0.0
    busy_seconds: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)

    def add(self, other: Sample) -> None:
        self.milliseconds += other.milliseconds
        self.bytes_received += other.bytes_received
        self.seconds += other.seconds
        self.busy_seconds += other.busy_seconds
        self.errors += other.errors


class _Lane:
    """One keep-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.received, self.sent_at = b"", 0.0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        self.received, self.sent_at = b"", time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has come; True when the answer is whole. ConnectionError if the server hung up."""
        chunk = self.socket.recv(262144)
        if not chunk:
            raise ConnectionError("the server hung up")
        self.received += chunk
        head, mark, body = self.received.partition(b"\r\n\r\n")
        return bool(mark) and len(body) >= _content_length(head)

    @property
    def status(self) -> str:
        return self.received[9:12].decode()


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def drive(port: int, requests: Sequence[bytes], *, connections: int, seconds: float, once: bool, expect: str) -> Sample:
    """Keep `connections` busy for `seconds`, each sending its next request when the last one is answered.

    Requests are taken in turn, round and round; with `once` each is sent a single time and the slice ends early when
    they run out. An answer other than `expect` (a status such as "200") is an error and is not timed.
    """
    gc.disable()  # a pause of ours would be counted as the server's
    sample = Sample()
    selector = selectors.DefaultSelector()
    lanes = [_Lane(port) for _ in range(connections)]
    supply = iter(requests) if once else itertools.cycle(requests)
    began, busy = time.perf_counter(), time.process_time()
    try:
        for lane in lanes:
            selector.register(lane.socket, selectors.EVENT_READ, lane)
        _run(selector, lanes, supply, sample, until=began + seconds, expect=expect)
    finally:
        sample.seconds = time.perf_counter() - began
        sample.busy_seconds = time.process_time() - busy
        selector.close()
        for lane in lanes:
            lane.socket.close()
        gc.enable()
    return sample


def _run(
    selector: selectors.BaseSelector,
    lanes: Sequence[_Lane],
    supply: Iterator[bytes],
    sample: Sample,
    *,
    until: float,
    expect: str,
) -> None:
    waiting = sum(_send_next(lane, supply) for lane in lanes)
    while waiting:
        ready = selector.select(timeout=_PATIENCE_SECONDS)
        if not ready:
            sample.errors["no answer"] += waiting
            return
        for key, _ in ready:
            lane = key.data
            try:
                is_whole = lane.receive()
            except OSError as error:
                sample.errors[type(error).__name__] += 1
                selector.unregister(lane.socket)
                waiting -= 1
                continue
            if not is_whole:
                continue
            now = time.perf_counter()
            _note(sample, lane, now, expect)
            if now >= until or not _send_next(lane, supply):
                waiting -= 1


def _send_next(lane: _Lane, supply: Iterator[bytes]) -> bool:
    request = next(supply, None)
    if request is not None:
        lane.send(request)
    return request is not None


def _note(sample: Sample, lane: _Lane, now: float, expect: str) -> None:
    if lane.status != expect:
        sample.errors[lane.status] += 1
        return
    sample.milliseconds.append((now - lane.sent_at) * 1000)
    sample.bytes_received += len(lane.received)
