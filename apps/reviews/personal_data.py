"""What a person said of products goes with him: it is his own words, and the books do not need it."""

from __future__ import annotations

from typing import Any

from apps.common.personal_data import Erased, Holding, Person, register
from apps.reviews import services
from apps.reviews.models import Review

_FACTS = "product__name rating title comment status reason reply replied_at created_at updated_at".split()


def export_reviews(person: Person) -> list[dict[str, Any]]:
    return list(Review.objects.filter(author_id=person.user_id).order_by("pk").values(*_FACTS))


def erase_reviews(person: Person) -> Erased:
    """By product, as everybody takes the locks of several; each product's rating is counted anew."""
    reviews = Review.objects.filter(author_id=person.user_id).order_by("product_id").values_list("pk", flat=True)
    ids = list(reviews)
    for review_id in ids:
        services.delete_review(review_id=review_id)
    return Erased(len(ids))


register(
    Holding(
        name="reviews",
        about="What you said of products, and what the shop replied.",
        export=export_reviews,
        erase=erase_reviews,
        exports=["reviews.Review"],
        erases=["reviews.Review.author"],
    )
)
