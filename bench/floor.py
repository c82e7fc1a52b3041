"""The floor of reads: stored documents as text from one query, behind the same middleware; and an empty view."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse

_JSON = "application/json"
_CARDS = "SELECT card::text FROM catalog_productdocument ORDER BY published_at DESC, product_id DESC LIMIT 24"
_DETAIL = "SELECT detail::text FROM catalog_productdocument WHERE slug = %s"


def empty(request: HttpRequest) -> HttpResponse:
    """No query: what server, middleware and load generator cost by themselves."""
    return HttpResponse(b"{}", content_type=_JSON)


def product_list(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(_CARDS)
        cards = ",".join(row[0] for row in cursor.fetchall())
    return HttpResponse(f'{{"next":null,"previous":null,"results":[{cards}]}}'.encode(), content_type=_JSON)


def product_detail(request: HttpRequest, slug: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(_DETAIL, [slug])
        return HttpResponse(cursor.fetchone()[0].encode(), content_type=_JSON)
