"""Reading the body of a request that comes often."""

from __future__ import annotations

from functools import cache
from typing import Any

from rest_framework.serializers import Serializer


def read(form: type[Serializer[Any]], body: Any) -> dict[str, Any]:
    """The body's values, or DRF's ValidationError: what `is_valid` does, with one serializer for all requests.

    To make a serializer's fields takes several times as long as to use them. Only for forms that look at nothing but
    the body: there is no context.
    """
    return dict(_serializer(form).run_validation(body))


@cache
def _serializer(form: type[Serializer[Any]]) -> Serializer[Any]:
    return form()
