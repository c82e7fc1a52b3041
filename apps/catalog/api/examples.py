"""Answers as the API's documents show them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from apps.catalog.documents import Card, CategoryNode, Detail, Image, ShownRate

RATE: ShownRate = {
    "currency": "VES",
    "rate": "143.37",
    "source": "bcv",
    "value_date": "2026-11-21",
    "is_fallback": False,
    "problem": None,
}
_IMAGE: Image = {
    "url": "/media/products/2026/11/crew.webp",
    "alt": "Black T-shirt",
    "width": 600,
    "height": 600,
    "renditions": {"url": "/media/products/2026/11/crew-5f21c0-{width}.{format}", "widths": [320, 600]},
}
_CARD: Card = {
    "id": "01938f6e-52a1-7c3e-9a55-0d6f2f0f7c11",
    "slug": "hangar-58-crew-t-shirt",
    "name": "Hangar 58 Crew T-shirt",
    "product_type": "apparel",
    "price": {"amount": "22.00", "currency": "USD"},
    "price_to": None,
    "compare_at_price": {"amount": "26.00", "currency": "USD"},
    "offer_ends_at": "2026-12-01T04:00:00Z",
    "image": _IMAGE,
    "is_featured": True,
    "rating": {"average": "4.67", "count": 3},
    "attributes": {"brand": "Hangar 58"},
    "is_in_stock": True,
    "local_price": {"amount": "3154.14", "currency": "VES"},
    "local_price_to": None,
    "local_compare_at_price": {"amount": "3727.62", "currency": "VES"},
}
_DETAIL: Detail = {
    **_CARD,
    "description": "Soft combed cotton with the workshop's number on the back.",
    "specifications": [{"label": "Fabric", "value": "Combed cotton, 180 g/m²"}],
    "seo": {"title": "", "description": "The T-shirt that our workshop wears."},
    "rating_histogram": {"1": 0, "2": 0, "3": 0, "4": 1, "5": 2},
    "categories": [
        {
            "slug": "t-shirts",
            "name": "T-shirts",
            "path": [{"slug": "apparel", "name": "Apparel"}, {"slug": "t-shirts", "name": "T-shirts"}],
        }
    ],
    "tags": [{"slug": "cotton", "name": "cotton"}],
    "images": [{**_IMAGE, "variant": "01938f6e-52a4-7d01-8f0c-3b8a4c1d2e90"}],
    "store": {"slug": "hangar-58", "name": "Hangar 58"},
    "published_at": "2026-11-21T12:00:00Z",
    "variants": [
        {
            "id": "01938f6e-52a4-7d01-8f0c-3b8a4c1d2e90",
            "sku": "GK-AP-0001-BLK-M",
            "title": "Black / M",
            "options": {"Color": "Black", "Size": "M"},
            "price": {"amount": "22.00", "currency": "USD"},
            "compare_at_price": {"amount": "26.00", "currency": "USD"},
            "weight_grams": 175,
            "barcode": "2058001104379",
            "offer_ends_at": "2026-12-01T04:00:00Z",
            "available": 39,
            "local_price": {"amount": "3154.14", "currency": "VES"},
            "local_compare_at_price": {"amount": "3727.62", "currency": "VES"},
        }
    ],
    "related": [],
    "rate": RATE,
}
_CATEGORY: CategoryNode = {
    "slug": "apparel",
    "name": "Apparel",
    "product_count": 3,
    "children": [{"slug": "t-shirts", "name": "T-shirts", "product_count": 2, "children": []}],
}


def _example(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True)


CARD = _example("A product in a list", _CARD)
DETAIL = _example("A product's page", _DETAIL)
CATEGORY = _example("A category", _CATEGORY)
