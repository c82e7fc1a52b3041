"""What shoppers see: pages of stored cards, a product's page, the tree of categories, tags and attributes.

Stored JSON is passed on as text; nothing is parsed that is only handed through. What changes by the minute is joined
in the same statement.
"""

from apps.catalog.selectors.cards import cards_of
from apps.catalog.selectors.details import DetailSeen, detail_seen, get_detail, get_document, moved_to
from apps.catalog.selectors.editions import (
    EditionNow,
    Plain,
    Reading,
    Seen,
    Window,
    edition_now,
    read_in_one_edition,
    read_plainly,
)
from apps.catalog.selectors.facets import Facet
from apps.catalog.selectors.history import (
    ACTIONS,
    FieldChange,
    History,
    HistoryEntry,
    PriceHistory,
    price_at,
    prices_seen,
)
from apps.catalog.selectors.home import home_seen
from apps.catalog.selectors.images import image_of, images_of, variant_key
from apps.catalog.selectors.lists import ORDERINGS, CardList, CardPage, Cursor, Slice, conditions_of, page_of_cards
from apps.catalog.selectors.prices import ON_SALE_NOW, PRICE_NOW, bounds
from apps.catalog.selectors.search import RELEVANCE, FoundPage, page_of_found, suggestions
from apps.catalog.selectors.searched import SearchesOfDay, TermSearched, searches_by_day, top_terms
from apps.catalog.selectors.shelves import category_tree, path_of, tags_with_counts
from apps.catalog.selectors.staff import (
    find_product,
    find_store_to_sell_in,
    paths_by_slug,
    products_kept_by,
    products_where,
    stores_to_sell_in,
)
from apps.catalog.selectors.stock import IN_STOCK
from apps.catalog.selectors.typed import Understood, understand

__all__ = [
    "ACTIONS",
    "IN_STOCK",
    "ON_SALE_NOW",
    "ORDERINGS",
    "PRICE_NOW",
    "RELEVANCE",
    "CardList",
    "CardPage",
    "Cursor",
    "DetailSeen",
    "EditionNow",
    "Facet",
    "FieldChange",
    "FoundPage",
    "History",
    "HistoryEntry",
    "Plain",
    "PriceHistory",
    "Reading",
    "SearchesOfDay",
    "Seen",
    "Slice",
    "TermSearched",
    "Understood",
    "Window",
    "bounds",
    "cards_of",
    "category_tree",
    "conditions_of",
    "detail_seen",
    "edition_now",
    "find_product",
    "find_store_to_sell_in",
    "get_detail",
    "get_document",
    "home_seen",
    "image_of",
    "images_of",
    "moved_to",
    "page_of_cards",
    "page_of_found",
    "path_of",
    "paths_by_slug",
    "price_at",
    "prices_seen",
    "products_kept_by",
    "products_where",
    "read_in_one_edition",
    "read_plainly",
    "searches_by_day",
    "stores_to_sell_in",
    "suggestions",
    "tags_with_counts",
    "top_terms",
    "understand",
    "variant_key",
]
