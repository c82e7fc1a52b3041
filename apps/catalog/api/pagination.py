from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.encoding import iri_to_uri
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from apps.catalog.api import examples
from apps.catalog.api.editions import of_an_edition
from apps.catalog.selectors import CardPage, Reading
from apps.common.api.pagination import PageNumberPagination

LAST_PAGE = 1_000_000
_PAGING = {"page", "cursor"}


class CardPagination(PageNumberPagination):
    """The usual pages, but of cards that are sent as they are stored: the answer is put together from texts."""

    def answer(self, request: Request, read: Callable[[int, int], Reading[CardPage]]) -> HttpResponse:
        """Answer with the page that the request asks for; `read` takes offset and limit."""
        number, size = _page_number(request), self.get_page_size(request) or self.page_size
        reading = read((number - 1) * size, size)
        page = reading.seen
        if not page.size and number > 1:
            raise NotFound("There is no such page.")
        address = _address(request)
        later = _link(address, number + 1) if number * size < page.count else b"null"
        earlier = _link(address, number - 1) if number > 1 else b"null"
        body = b'{"count":%d,"next":%b,"previous":%b,"rate":%b,"results":[%b]}' % (
            page.count,
            later,
            earlier,
            orjson.dumps(reading.window.money.shown),
            page.cards.encode(),
        )
        return of_an_edition(body, reading)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The usual shape, and by which rate prices in the second currency are told."""
        paginated: dict[str, Any] = super().get_paginated_response_schema(schema)
        rate = {"allOf": [{"$ref": "#/components/schemas/ShownRate"}], "nullable": True, "example": examples.RATE}
        return {**paginated, "properties": {**paginated["properties"], "rate": rate}}


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


def _link(address: tuple[str, str], page: int) -> bytes:
    path, others = address
    query = "&".join(part for part in (others, f"page={page}" if page > 1 else "") if part)
    return orjson.dumps(f"{path}?{query}" if query else path)
