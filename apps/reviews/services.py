"""Reviews are written, changed, judged and answered. Each write holds the product's rating, and counts at the end."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.catalog import services as catalog
from apps.catalog.models import MOST_STARS
from apps.orders import selectors as order_selectors
from apps.reviews.exceptions import NotBought, ReviewDecided, ReviewedAlready, ReviewNotFound
from apps.reviews.models import Review, ReviewStatus


class ReviewFields(TypedDict, total=False):
    """What its author says."""

    rating: int
    title: str
    comment: str


@transaction.atomic
def write_review(*, author: User, product_id: int, **fields: Unpack[ReviewFields]) -> Review:
    """A buyer says what he thinks; staff look at it first, unless the shop shows reviews at once.

    Raises:
        NotBought: the person keeps no unit of the product that is paid for.
        ReviewedAlready: there is one of this person's.
    """
    if not order_selectors.has_bought(author, product_id=product_id):
        raise NotBought
    catalog.hold_rating(product_id=product_id)
    if Review.objects.filter(product=product_id, author=author).exists():
        raise ReviewedAlready
    review = Review.objects.create(product_id=product_id, author=author, **_unjudged(), **fields)
    _count(product_id)
    return review


@transaction.atomic
def change_review(*, review_id: int, **fields: Unpack[ReviewFields]) -> Review:
    """The author thinks otherwise; staff look at it again. What the shop replied stays.

    Raises:
        ReviewNotFound: it was deleted meanwhile.
    """
    return _write(_held(review_id), **_unjudged(), **fields)


@transaction.atomic
def delete_review(*, review_id: int) -> None:
    """Take a review away. Twice is once."""
    try:
        review = _held(review_id)
    except ReviewNotFound:
        return
    review.delete()
    _count(review.product_id)


@transaction.atomic
def approve_review(*, review: Review) -> Review:
    """Show what staff have read: just these words, and not what the author may have made of them meanwhile.

    Raises:
        ReviewNotFound: it was deleted meanwhile.
        ReviewDecided: somebody else decided, or it says something else by now.
    """
    return _write(_held_as_read(review), status=ReviewStatus.APPROVED, is_shown=True, reason="")


@transaction.atomic
def reject_review(*, review: Review, reason: str) -> Review:
    """Do not show it; its author reads the reason and may write it anew. An approved one may be rejected too.

    Raises:
        ReviewNotFound, ReviewDecided: as for `approve_review`.
    """
    return _write(_held_as_read(review), status=ReviewStatus.REJECTED, is_shown=False, reason=reason)


@transaction.atomic
def reply_to_review(*, review_id: int, reply: str) -> Review:
    """Say something to it for the shop; another reply takes its place, an empty one takes it away.

    Raises:
        ReviewNotFound: it was deleted meanwhile.
    """
    return _write(_held(review_id), reply=reply, replied_at=Now() if reply else None)


def _unjudged() -> dict[str, Any]:
    return {"status": ReviewStatus.PENDING, "reason": "", "is_shown": settings.REVIEWS_SHOW_UNMODERATED}


def _held(review_id: int) -> Review:
    """The review as it stands once nobody else can change what its product is rated."""
    product_id = Review.objects.filter(pk=review_id).values_list("product_id", flat=True).first()
    if product_id is not None:
        catalog.hold_rating(product_id=product_id)
    review = Review.objects.select_related("author", "product").filter(pk=review_id).first()
    if review is None:
        raise ReviewNotFound
    return review


def _held_as_read(read: Review) -> Review:
    review = _held(read.pk)
    if (review.status, review.updated_at) != (read.status, read.updated_at):
        raise ReviewDecided
    return review


def _write(review: Review, **values: Any) -> Review:
    Review.objects.filter(pk=review.pk).update(**values, updated_at=Now())
    review.refresh_from_db(fields=[*values, "updated_at"])
    _count(review.product_id)
    return review


def _count(product_id: int) -> None:
    shown = Review.objects.filter(product=product_id, is_shown=True).values_list("rating").annotate(times=Count("pk"))
    times = dict(shown.order_by())
    catalog.set_rating(product_id=product_id, stars=[times.get(star, 0) for star in range(1, MOST_STARS + 1)])
