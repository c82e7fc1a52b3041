"""What a phone has to fetch: a list of 24 and a page of a well-described product with many pictures, packed."""

import random

import pytest
from rest_framework.test import APIClient

from apps.catalog import services
from apps.catalog.models import ProductImage
from apps.catalog.tests.factories import draft_product, draft_variant, show

pytestmark = pytest.mark.django_db

WORDS = (
    "kit plastic articulated beam rifle shield decal sheet runner armour inner frame polycap colour moulded scale"
    " assembly glue paint panel line hangar base stand pilot cockpit thruster waist joint sleeve hand chrome"
).split()


@pytest.fixture
def chance():
    return random.Random(5)


def sentence(chance, words):
    return " ".join(chance.choice(WORDS) for _ in range(words)).capitalize() + "."


def hang(product, chance, count):
    """Pictures with names as they are given: no two alike."""
    for position in range(count):
        name = f"products/2026/11/{chance.randbytes(16).hex()}"
        ProductImage.objects.create(
            product=product,
            file=f"{name}.webp",
            width=1600,
            height=1200,
            alt=sentence(chance, 8),
            position=position,
            rendition_stem=f"{name}-{chance.randbytes(3).hex()}",
            rendition_widths=[320, 640, 1280],
        )


def described(slug, chance, variants=2, words=150):
    offered = [
        draft_variant(
            f"{slug.upper()}-{number}",
            price=f"{chance.randint(9, 90)}.50",
            options={"Colour": chance.choice(WORDS), "Size": str(number)},
            barcode=str(chance.randint(10**12, 10**13 - 1)),
        )
        for number in range(variants)
    ]
    return draft_product(
        slug,
        name=sentence(chance, 6)[:-1],
        description=" ".join(sentence(chance, 12) for _ in range(words // 12)),
        attributes={"grade": "HG", "series": chance.choice(WORDS), "release_year": 2026},
        categories=frozenset({("Kits", "High grade")}),
        variants=tuple(offered),
    )


def packed_size(address):
    answer = APIClient().get(address, headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer["Content-Encoding"]) == (200, "gzip")
    return len(answer.content)


def test_a_list_of_24_is_under_12_kilobytes(chance):
    products = show(*[described(f"{WORDS[number]}-{number}", chance) for number in range(24)])
    for product in products:
        hang(product, chance, 3)
    services.rebuild_documents(product_ids=[product.pk for product in products])

    assert packed_size("/api/v1/products/") < 12 * 1024


def test_a_page_with_ten_pictures_and_twelve_variants_is_under_6_kilobytes(chance):
    (product,) = show(described("zaku", chance, variants=12, words=300))
    hang(product, chance, 10)
    services.rebuild_documents(product_ids=[product.pk])

    assert packed_size("/api/v1/products/zaku/") < 6 * 1024
