"""`fields=`: only what a storefront shows of a card or a page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, get_type_hints

import orjson
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


def fields_asked_for(request: Request, shape: Any) -> Collection[str]:
    """The keys of the shape that `fields` names, separated by commas; none means all.

    Raises:
        ValidationError: the shape has no such key.
    """
    names = [name for given in request.query_params.getlist("fields") for name in given.split(",") if name]
    known = get_type_hints(shape)
    if set(names) - known.keys():
        raise ValidationError({"fields": [f"Choose from {', '.join(sorted(known))}."]})
    return names


def narrowed(found: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    return {name: found[name] for name in fields}


def narrowed_cards(cards: Sequence[str], fields: Collection[str]) -> list[str]:
    return [orjson.dumps(narrowed(orjson.loads(card), fields)).decode() for card in cards]
