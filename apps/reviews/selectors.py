"""Who reads which reviews."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.reviews.exceptions import ReviewNotFound
from apps.reviews.models import Review, ReviewStatus
from apps.stores import selectors as store_selectors
from apps.stores.models import StoreAction

MODERATE = "reviews.change_review"


def shown_reviews_of(product_id: int) -> QuerySet[Review]:
    """What everybody may read of a product, the newest first."""
    return _reviews().filter(product_id=product_id, is_shown=True)


def reviews_by(user: Any) -> QuerySet[Review]:
    """A person's own, shown or not, the newest first."""
    return _reviews().filter(author=user)


def reviews_to_moderate() -> QuerySet[Review]:
    """Those that nobody has looked at, the oldest first."""
    return Review.objects.filter(status=ReviewStatus.PENDING).order_by("pk")


def find_review(*, review_id: UUID, user: Any) -> Review:
    """One that is shown, or the reader's own, or any for those who moderate. Raises ReviewNotFound."""
    return _one(_reviews() if user.has_perm(MODERATE) else _reviews().filter(_readable_by(user)), review_id)


def find_own_review(*, review_id: UUID, user: Any) -> Review:
    """Raises ReviewNotFound: there is none, or somebody else wrote it."""
    return _one(reviews_by(user), review_id)


def find_review_to_answer(*, review_id: UUID, user: Any) -> Review:
    """One that is shown, for who moderates, or who sells in the store whose product it is of. Raises ReviewNotFound."""
    reviews = _reviews().filter(is_shown=True)
    if not user.has_perm(MODERATE):
        reviews = reviews.filter(product__store__in=store_selectors.stores_where(user, StoreAction.SELL))
    return _one(reviews, review_id)


def _reviews() -> QuerySet[Review]:
    return Review.objects.select_related("author", "product").order_by("-pk")


def _readable_by(user: Any) -> Q:
    return Q(is_shown=True) | Q(author_id=user.pk) if user.is_authenticated else Q(is_shown=True)


def _one(reviews: QuerySet[Review], review_id: UUID) -> Review:
    review = reviews.filter(public_id=review_id).first()
    if review is None:
        raise ReviewNotFound
    return review
