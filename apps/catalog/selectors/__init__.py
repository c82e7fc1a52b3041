"""What shoppers see: pages of stored cards, a product's page, the tree of categories, tags and attributes.

Stored JSON is passed on as text; nothing is parsed that is only handed through. What changes by the minute is joined
in the same statement.
"""

from apps.catalog.selectors.details import DetailSeen, detail_seen, get_detail
from apps.catalog.selectors.editions import EditionNow, Reading, Window, edition_now, read_in_one_edition
from apps.catalog.selectors.lists import ORDERINGS, CardPage, Ordering, page_of_cards
from apps.catalog.selectors.shelves import category_tree, path_of, tags_with_counts
from apps.catalog.selectors.stock import IN_STOCK

__all__ = [
    "IN_STOCK",
    "ORDERINGS",
    "CardPage",
    "DetailSeen",
    "EditionNow",
    "Ordering",
    "Reading",
    "Window",
    "category_tree",
    "detail_seen",
    "edition_now",
    "get_detail",
    "page_of_cards",
    "path_of",
    "read_in_one_edition",
    "tags_with_counts",
]
