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
    """A statement for each shelf, and one for the categories unless they are known of this edition.

    The last one's edition shows that nothing came between.
    """
    everything = ProductDocument.objects.all()
    shelves = {
        "featured": CardList(everything.filter(is_featured=True), "-published_at", "is_featured"),
        "on_offer": CardList(everything.filter(compare_at__isnull=False), "-published_at"),
        "new": CardList(everything, "-published_at", "all"),
    }
    categories = window.facts.get("categories") or category_tree()
    pages = {name: page_of_cards(wanted, Slice(SHELF_LENGTH), window) for name, wanted in shelves.items()}
    cards = {name: list(page.cards) for name, page in pages.items()}
    edition = pages["new"].edition
    if window.holds_at(edition):
        window.facts.keep({"categories": categories})
    return HomeSeen(edition, cards, categories)
