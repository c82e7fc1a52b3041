"""Every route of the API, as its schema has it, and those that stand beside the schema."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

_METHODS = {"get", "post", "put", "patch", "delete"}

# Plain views, each with tests of its own: pages and documents that change nothing, and what companies tell us.
BESIDE_THE_SCHEMA = {
    "api/docs/": "the documents",
    "api/redoc/": "the documents",
    "api/schema/": "the schema itself",
    "api/v1/notifications/webhooks/twilio/": "signed by Twilio",
    "api/v1/notifications/webhooks/twilio/inbound/": "signed by Twilio",
    "api/v1/payments/webhooks/<slug:provider>/": "signed by the provider",
    "api/v1/payments/<slug:provider>/return/": "leads a browser back to the storefront",
    "api/v1/payments/<slug:provider>/cancel/": "leads a browser back to the storefront",
}


@cache
def schema() -> dict[str, Any]:
    """Made when it is first asked for: it takes a second, and who only collects these tests need not wait for it."""
    return dict(SchemaGenerator().get_schema(public=True))


@cache
def operations() -> dict[str, dict[str, Any]]:
    """What the schema says of each route: "GET /api/health/" and so on."""
    return {
        f"{method.upper()} {path}": operation
        for path, operations in schema()["paths"].items()
        for method, operation in operations.items()
        if method in _METHODS
    }


def addresses(patterns: list[URLPattern | URLResolver] | None = None, start: str = "") -> dict[str, Any]:
    """All of the URL configuration under api/: what is written there, and the view behind it."""
    found: dict[str, Any] = {}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        whole = start + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found |= addresses(pattern.url_patterns, whole)
        elif whole.startswith("api/"):
            found[whole] = pattern.callback
    return found
