"""What buyers have given a product, in its documents in the very transaction that changes it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from apps.catalog.models import Product, ProductRating
from apps.catalog.services.documents import rebuild_documents
from apps.catalog.services.locks import hold_shelves_still


def hold_rating(*, product_id: int) -> None:
    """Let nobody else change what the product is rated until the transaction ends: take it, then count, then set.

    It is the lock that every writer of the product's documents takes, so that none of them waits for another in turn.
    """
    hold_shelves_still()
    Product.objects.select_for_update(no_key=True).only("pk").get(pk=product_id)


@transaction.atomic
def set_rating(*, product_id: int, stars: Sequence[int]) -> None:
    """Say how often the product got one star, two, … five, and tell shoppers at once if that is new.

    What changes nothing writes nothing, so that a review that nobody sees makes no new edition.
    """
    if ProductRating.objects.filter(product_id=product_id, stars=list(stars)).exists():
        return
    ProductRating.objects.update_or_create(product_id=product_id, defaults={"stars": list(stars)})
    rebuild_documents(product_ids=[product_id])
