"""Public answers that hold for an edition of the shop window: kept as bytes, and told apart by their ETag.

An answer that was sent before is sent again without being computed while its edition holds; who has it already is told
so with a 304. Both cost one short statement that touches no product. Nothing is shared between processes but the
edition itself, so that no cache server is needed and none can be stale. See docs/adr/0012.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from apps.catalog import selectors, services
from apps.catalog.selectors import DetailSeen, EditionNow, Reading, Seen
from apps.common.api.limits import count_request
from apps.common.middleware import request_id_for, tell_count

PUBLIC_READS = tuple(f"/api/v1/{name}/" for name in ("products", "categories", "tags", "attributes", "home"))
LIMIT_BUCKET = "catalogue"
_ENTRY_BYTES = 2000  # what an entry takes beside its body: key, headers, bookkeeping

# Headers of a request that its answer may depend on, beside method, address and scheme.
_ASKED = ("HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "HTTP_ORIGIN", "HTTP_ACCEPT")
_OF_ONE_REQUEST = {"X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
_OF_A_BODY = {"Content-Type", "Content-Length", "Content-Encoding", "ETag"}


class GoodFor(NamedTuple):
    """The edition that an answer holds for: of the shelves ("s") or of the figures ("f"), and until when at most."""

    kind: str
    number: int
    until_ms: int

    def holds_in(self, edition: EditionNow) -> bool:
        number = edition.shelves if self.kind == "s" else edition.figures
        return number == self.number and edition.at_ms < self.until_ms

    @property
    def etag(self) -> str:
        return f'W/"{self.kind}{self.number}-{self.until_ms}-{_shape()}"'


_TAG = re.compile(r'(?:W/)?"([sf])(\d{1,19})-(\d{1,19})-(\d{1,10})"')


def _shape() -> int:
    """Stands for the release and for the settings that answers depend on."""
    shape = (settings.VERSION, settings.BASE_CURRENCY, settings.SECOND_CURRENCY, settings.MEDIA_URL)
    return zlib.crc32(repr(shape).encode())


def of_an_edition(body: bytes, reading: Reading[Seen]) -> HttpResponse:
    """Answer with the body; caches may keep it and must ask each time whether it still holds."""
    response = HttpResponse(body, content_type="application/json")
    if reading.is_settled:
        good_for = _good_for(reading)
        response["ETag"] = good_for.etag
        response["Cache-Control"] = "public, no-cache"
        response.good_for = good_for  # type: ignore[attr-defined]  # the middleware keeps it under this
    return response


def _good_for(reading: Reading[Seen]) -> GoodFor:
    seen, until_ms = reading.seen, reading.window.until_ms
    if isinstance(seen, DetailSeen):
        return GoodFor("f", seen.edition.figures, min(until_ms, seen.hold_ends_ms or until_ms))
    return GoodFor("s", seen.edition.shelves, until_ms)


# What is due by the clock is written before it is read.
read_in_one_edition = partial(selectors.read_in_one_edition, catch_up=services.catch_up)
read_plainly = partial(selectors.read_plainly, catch_up=services.catch_up)


def edition_of(request: Any) -> EditionNow | None:
    """What the middleware has read of the edition for this request, if it had a reason to."""
    edition: EditionNow | None = getattr(request, "edition", None)
    return edition


@dataclass(frozen=True, slots=True)
class Kept:
    """A finished answer, with the headers that all of the middleware gave it; without a body, a 304's headers."""

    good_for: GoodFor
    headers: dict[str, str]
    body: bytes | None


class KeptAnswers:
    """The answers of this process that were asked for last, up to a number of bytes."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[Any, ...], Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> Kept | None:
        with self._lock:
            kept = self._answers.get(key)
            if kept is not None:
                self._answers.move_to_end(key)
            return kept

    def put(self, key: tuple[Any, ...], kept: Kept) -> None:
        most = settings.CATALOGUE_KEPT_MEGABYTES * 2**20
        with self._lock:
            self._forget(key)
            self._answers[key] = kept
            self._bytes += _size(kept)
            while self._bytes > most:
                self._forget(next(iter(self._answers)))

    def clear(self) -> None:
        with self._lock:
            self._answers.clear()
            self._bytes = 0

    def _forget(self, key: tuple[Any, ...]) -> None:
        old = self._answers.pop(key, None)
        if old is not None:
            self._bytes -= _size(old)


def _size(kept: Kept) -> int:
    return _ENTRY_BYTES + len(kept.body or b"")


answers = KeptAnswers()


class KeptAnswersMiddleware:
    """Stands before all others, so that an answer that holds costs neither them nor a view.

    The edition is read before anything is computed. An answer under it that a view marked with `of_an_edition` is kept
    as it leaves the house; what belongs to one request alone, its id and its count, is made anew.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "GET" or not request.path_info.startswith(PUBLIC_READS):
            return self.get_response(request)
        key = _key(request)
        kept = answers.get(key)
        if kept is not None or "HTTP_IF_NONE_MATCH" in request.META:
            again = self._again(request, kept)
            if again is not None:
                return again
        response = self.get_response(request)
        _keep(key, response)
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Whoever has the answer of this edition gets a 304 from here, for which nothing was kept yet."""
        held = getattr(request, "held", None)
        return None if held is None else _not_modified(held)

    def _again(self, request: HttpRequest, kept: Kept | None) -> HttpResponse | None:
        count = count_request(request, LIMIT_BUCKET)
        if count is not None and count.is_exceeded:
            return None  # the view says so
        try:
            edition = selectors.edition_now()
        except Error:
            return None  # the view's own statement will tell
        request.edition = edition  # type: ignore[attr-defined]
        held = _held(request, edition)
        if kept is None or not kept.good_for.holds_in(edition) or (held is None and kept.body is None):
            request.held = held  # type: ignore[attr-defined]
            return None
        response = _not_modified(held) if held is not None else HttpResponse(kept.body)
        for name, value in kept.headers.items():
            if held is None or name not in _OF_A_BODY:
                response[name] = value
        response["X-Request-Id"] = request_id_for(request)
        if count is not None:
            tell_count(response, count)
        return response


def _key(request: HttpRequest) -> tuple[Any, ...]:
    meta = request.META
    takes_gzip = "gzip" in meta.get("HTTP_ACCEPT_ENCODING", "")
    asked = (meta.get(name) for name in _ASKED)
    return (request.path_info, meta.get("QUERY_STRING"), request.scheme, takes_gzip, *asked)


def _held(request: HttpRequest, edition: EditionNow) -> GoodFor | None:
    """What the caller has already, if it still holds."""
    for kind, number, until_ms, shape in _TAG.findall(request.META.get("HTTP_IF_NONE_MATCH", "")):
        good_for = GoodFor(kind, int(number), int(until_ms))
        if int(shape) == _shape() and good_for.holds_in(edition):
            return good_for
    return None


def _not_modified(held: GoodFor) -> HttpResponse:
    response = HttpResponseNotModified()
    response["ETag"] = held.etag
    response["Cache-Control"] = "public, no-cache"
    response.good_for = held  # type: ignore[attr-defined]
    return response


def _keep(key: tuple[Any, ...], response: HttpResponse) -> None:
    good_for = getattr(response, "good_for", None)
    if good_for is None or response.cookies:
        return
    headers = {name: value for name, value in response.items() if name not in _OF_ONE_REQUEST}
    answers.put(key, Kept(good_for, headers, response.content if response.status_code == 200 else None))
