"""The search against judged queries over the demo shop: what a person would want to see first is first."""

import json

import pytest
from rest_framework.test import APIClient

from apps.operations import demo

pytestmark = pytest.mark.django_db

QUERIES = json.loads((demo.FIXTURES / "search_queries.json").read_text(encoding="utf-8"))


@pytest.fixture
def demo_shop(settings):
    settings.API_LIMITS = {}
    demo.seed_products(demo.seed_store(), progress=lambda done, of: None)
    demo.seed_synonyms()


def test_the_right_product_is_first_though_it_was_misspelt(demo_shop):
    places = {query["q"]: place_of(query) for query in QUERIES}

    def share(most):
        return sum(place <= most for place in places.values()) / len(places)

    behind = {term: place for term, place in places.items() if place > 1}
    assert len(places) >= 60
    assert share(1) >= 0.95, behind
    assert share(5) >= 0.99, behind


def place_of(query):
    found = APIClient().get("/api/v1/products/search/", {"q": query["q"], "page_size": 20}).json()["results"]
    slugs = [card["slug"] for card in found]
    return next((place for place, slug in enumerate(slugs, 1) if slug in query["right"]), len(QUERIES))
