"""The cards of products that somebody else has chosen."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import orjson

from apps.catalog.documents import Card
from apps.catalog.selectors.editions import Plain, Window, read_in_one_edition
from apps.catalog.selectors.lists import fetch_cards


def cards_of(product_ids: Collection[int]) -> dict[int, Card]:
    """By key, as lists show them now; of a product that shoppers may not see there is none. One statement."""
    if not product_ids:
        return {}
    cards: dict[int, Card] = read_in_one_edition(partial(_cards_seen, list(product_ids))).seen.value
    return cards


def _cards_seen(product_ids: list[int], window: Window) -> Plain:
    edition, cards = fetch_cards(product_ids, window)
    return Plain({product_id: orjson.loads(card) for product_id, card in cards.items()}, edition)
