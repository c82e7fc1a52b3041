"""What a storefront's first page shows, in one answer."""

from __future__ import annotations

from dataclasses import dataclass

from apps.catalog.documents import CategoryNode
from apps.catalog.models import ProductDocument
from apps.catalog.selectors.editions import EditionNow, Window
from apps.catalog.selectors.lists import CardList, Slice, page_of_cards
from apps.catalog.selectors.shelves import category_tree

SHELF_LENGTH = 12


@dataclass(frozen=True, slots=True)
class HomeSeen:
    """Shelves of cards as JSON by their names, the tree of categories, and the edition that all were read in."""

    edition: EditionNow
    shelves: dict[str, list[str]]
    categories: list[CategoryNode]


def home_seen(window: Window) -> HomeSeen:
    """A statement for the categories and one for each shelf; the last one's edition shows that nothing came between."""
    everything = ProductDocument.objects.all()
    shelves = {
        "featured": CardList(everything.filter(is_featured=True), "-published_at", "is_featured"),
        "on_offer": CardList(everything.filter(compare_at__isnull=False), "-published_at"),
        "new": CardList(everything, "-published_at", "all"),
    }
    categories = category_tree()
    pages = {name: page_of_cards(wanted, Slice(SHELF_LENGTH), window) for name, wanted in shelves.items()}
    cards = {name: list(page.cards) for name, page in pages.items()}
    return HomeSeen(pages["new"].edition, cards, categories)
