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


def home_seen(window: Window, language: str = "") -> HomeSeen:
    """A statement for each shelf, and one for the categories unless they are known of this edition.

    The last one's edition shows that nothing came between.
    """
    everything = ProductDocument.objects.all()
    shelves = {
        "featured": (everything.filter(is_featured=True), "is_featured"),
        "on_offer": (everything.filter(compare_at__isnull=False), None),
        "new": (everything, "all"),
    }
    lists = {
        name: CardList(documents, "-published_at", count_key, language=language)
        for name, (documents, count_key) in shelves.items()
    }
    known = f"categories {language}"
    categories = window.facts.get(known) or category_tree(language)
    pages = {name: page_of_cards(wanted, Slice(SHELF_LENGTH), window) for name, wanted in lists.items()}
    cards = {name: list(page.cards) for name, page in pages.items()}
    edition = pages["new"].edition
    if window.holds_at(edition):
        window.facts.keep({known: categories})
    return HomeSeen(edition, cards, categories)
