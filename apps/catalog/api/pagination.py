from __future__ import annotations

from collections.abc import Callable

import orjson
from django.http import HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from apps.catalog.selectors import CardPage
from apps.common.api.pagination import PageNumberPagination

LAST_PAGE = 1_000_000


class CardPagination(PageNumberPagination):
    """The usual pages, but of cards that are sent as they are stored: the answer is put together from texts."""

    def answer(self, request: Request, read: Callable[[int, int], CardPage]) -> HttpResponse:
        """Answer with the page that the request asks for; `read` takes offset and limit."""
        number, size = _page_number(request), self.get_page_size(request) or self.page_size
        page = read((number - 1) * size, size)
        if not page.cards and number > 1:
            raise NotFound("There is no such page.")
        url = request.build_absolute_uri()
        later = _link(url, number + 1) if number * size < page.count else b"null"
        earlier = _link(url, number - 1) if number > 1 else b"null"
        return HttpResponse(
            b'{"count":%d,"next":%b,"previous":%b,"results":[%b]}'
            % (page.count, later, earlier, ",".join(page.cards).encode()),
            content_type="application/json",
        )


def _page_number(request: Request) -> int:
    try:
        number = int(request.query_params.get("page") or 1)
    except ValueError:
        number = 0
    if not 1 <= number <= LAST_PAGE:
        raise NotFound("There is no such page.")
    return number


def _link(url: str, page: int) -> bytes:
    if "?" not in url:  # nothing to replace or to remove
        return orjson.dumps(f"{url}?page={page}")
    return orjson.dumps(replace_query_param(url, "page", page) if page > 1 else remove_query_param(url, "page"))
