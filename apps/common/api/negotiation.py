"""Which form an answer has. It is JSON; the rest is courtesy."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.common.api.json import OrjsonRenderer

_JSON_WILL_DO = {"", "*/*", OrjsonRenderer.media_type}


class JsonNegotiation(DefaultContentNegotiation):
    """Gives JSON at once to whoever names it first, or takes anything: nearly everybody. The rest is worked out.

    A list of products spent a tenth of Python's time on finding that out.
    """

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        first, *others = renderers
        if isinstance(first, OrjsonRenderer) and not others and not format_suffix:
            wanted, _, _ = request.META.get("HTTP_ACCEPT", "").partition(",")
            if wanted.strip() in _JSON_WILL_DO and "format" not in request.query_params:
                return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)
