"""How a list is cut into pages, and the answer that a page is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import orjson
from django.http import HttpResponse
from django.utils.encoding import iri_to_uri
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from apps.catalog.api import examples
from apps.catalog.api.editions import of_an_edition
from apps.catalog.api.sparse import narrowed_cards
from apps.catalog.selectors import CardPage, Cursor, Reading, Slice
from apps.common.api.pagination import PageNumberPagination

LAST_PAGE = 1_000_000
_PAGING = {"page", "cursor"}

Read = Callable[[Slice], Reading[CardPage]]


class CardPagination(PageNumberPagination):
    """The usual pages, but of cards that are sent as they are stored: the answer is put together from texts.

    With `cursor` one walks through the list instead: every step costs what the first one does, however far it is, and
    none shows a card twice or leaves one out because others came or went meanwhile.
    """

    def answer(self, request: Request, ordering: str, read: Read, fields: Collection[str] = ()) -> HttpResponse:
        """Answer with the page that the request asks for."""
        size = self.get_page_size(request) or self.page_size
        asked = request.query_params.get("cursor")
        if asked is None:
            reading, _, later, earlier = by_number(request, size, read)
        else:
            reading, later, earlier = _by_cursor(request, size, read, asked, ordering)
        page = reading.seen
        cards = page.cards if not fields else narrowed_cards(page.cards, fields)
        facets = f'"facets":{page.facets},' if page.facets is not None else ""
        rate = orjson.dumps(reading.window.money.shown).decode()
        return of_an_edition(
            f'{{"count":{page.count},"next":{later},"previous":{earlier},"rate":{rate},{facets}'
            f'"results":[{",".join(cards)}]}}'.encode(),
            reading,
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The usual shape, by which rate prices in the second currency are told, and counts that were asked for."""
        paginated: dict[str, Any] = super().get_paginated_response_schema(schema)
        rate = {"allOf": [{"$ref": "#/components/schemas/ShownRate"}], "nullable": True, "example": examples.RATE}
        properties = {**paginated["properties"], "rate": rate, "facets": FACETS}
        return {**paginated, "properties": properties}


_COUNT = {"type": "object", "properties": {"value": {"type": "string"}, "count": {"type": "integer"}}}
_END = {"type": "string", "nullable": True, "example": "12.00"}
FACETS: dict[str, Any] = {
    "type": "object",
    "description": "Only when asked for by `facets`: how many products each value has, the most frequent first.",
    "properties": {"price": {"type": "object", "properties": {"lowest": _END, "highest": _END}}},
    "additionalProperties": {"type": "array", "items": _COUNT},
}

PageT = TypeVar("PageT", bound=CardPage)


def by_number(
    request: Request, size: int, read: Callable[[Slice], Reading[PageT]]
) -> tuple[Reading[PageT], int, str, str]:
    """The page that the request asks for, its number, and links to the next and the one before, as JSON."""
    number = _page_number(request)
    reading = read(Slice(size, offset=(number - 1) * size))
    page, address = reading.seen, _address(request)
    if not page.cards and number > 1:
        raise NotFound("There is no such page.")
    later = _link(address, f"page={number + 1}") if number * size < page.count else "null"
    if number == 1:
        return reading, number, later, "null"
    return reading, number, later, _link(address, f"page={number - 1}" if number > 2 else "")


def _by_cursor(
    request: Request, size: int, read: Read, asked: str, ordering: str
) -> tuple[Reading[CardPage], str, str]:
    place = Cursor.from_text(asked, ordering) if asked else None
    reading = read(Slice(size, walks=True, place=place))
    address = _address(request)
    later, earlier = (
        "null" if cursor is None else _link(address, f"cursor={cursor.as_text()}")
        for cursor in (reading.seen.after, reading.seen.before)
    )
    return reading, later, earlier


def _page_number(request: Request) -> int:
    try:
        number = int(request.query_params.get("page") or 1)
    except ValueError:
        number = 0
    if not 1 <= number <= LAST_PAGE:
        raise NotFound("There is no such page.")
    return number


def _address(request: Request) -> tuple[str, str]:
    """Where the list is, and what else the request asks of it; Django's way to this takes longer than the page."""
    asked = request.META.get("QUERY_STRING", "")
    others = "&".join(part for part in asked.split("&") if part and part.partition("=")[0] not in _PAGING)
    address = (f"{request.scheme}://{request.get_host()}{request.path}", others)
    return address if others.isascii() else (address[0], iri_to_uri(others))


def _link(address: tuple[str, str], place: str) -> str:
    path, others = address
    query = "&".join(part for part in (others, place) if part)
    return orjson.dumps(f"{path}?{query}" if query else path).decode()
