"""`language=`: in which language a public read tells names and texts.

It stands in the address and not in `Accept-Language`, so that a link shows everybody the same, and whoever keeps
answers, we included, tells the languages apart without knowing more of a request than its address.
"""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

_KNOWN = dict(settings.LANGUAGES)
LANGUAGE = OpenApiParameter(
    "language",
    enum=list(_KNOWN),
    default=settings.LANGUAGE_CODE,
    description="Of names and texts; what has no translation is told in the shop's own language.",
)


def language_of(request: Request) -> str:
    """What the request asks for, empty for the shop's own; of `pt-BR` only the first part counts.

    Raises:
        ValidationError: the shop does not know the language.
    """
    asked = request.query_params.get("language")
    if not asked:
        return ""
    code = asked.partition("-")[0].lower()
    if code not in _KNOWN:
        raise ValidationError({"language": [f"Choose from {', '.join(_KNOWN)}."]})
    return "" if code == settings.LANGUAGE_CODE else code
