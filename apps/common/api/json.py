"""JSON by orjson: several times faster than the standard library, and strict UTF-8."""

from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from apps.common.money import Money


class OrjsonRenderer(BaseRenderer):
    """Renders what serializers return; a Decimal becomes a string, Money an object with amount and currency."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=_default, option=orjson.OPT_NON_STR_KEYS)


class OrjsonParser(BaseParser):
    """Reads a JSON body; one that is too large, too deep or not strict JSON is refused and costs little."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)  # Django itself counts only what is read as `request.body`
        if len(body) > limit:
            raise RequestDataTooBig
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}.") from error


def _default(value: Any) -> Any:
    if isinstance(value, Decimal | Promise):
        return str(value)
    if isinstance(value, Money):
        return value.as_json()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON shape")
