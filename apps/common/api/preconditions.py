"""The `If-Match` header: two people who change the same thing do not undo each other unawares."""

from __future__ import annotations

import re

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.exceptions import Invalid

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The `version` that you have read, in quotation marks as the `ETag` has it; `*` means whichever it is.",
)
_TAG = re.compile(r'(?:W/)?"([^"]{1,80})"')


class IfMatchMissing(Invalid):
    code = "if-match-missing"
    title = "An If-Match header is needed"


def version_seen(request: Request) -> str | None:
    """The version that the caller means to change; None for whichever it is.

    Raises:
        IfMatchMissing: the header is not there, or does not hold one tag.
    """
    header = request.headers.get("If-Match", "").strip()
    if header == "*":
        return None
    tag = _TAG.fullmatch(header)
    if tag is None:
        raise IfMatchMissing("Send the version that you have read as If-Match, or * for whichever it is.")
    return tag[1]


def with_version(response: Response, version: str) -> Response:
    """The answer with the version in its `ETag`."""
    response["ETag"] = f'"{version}"'
    return response
