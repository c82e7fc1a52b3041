from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.tests.factories import UserFactory
from apps.catalog import services as catalog
from apps.catalog.selectors import edition_now
from apps.catalog.tests.factories import ProductVariantFactory
from apps.common import audit
from apps.orders.models import PaymentStatus
from apps.orders.tests.factories import OrderLineFactory
from apps.reviews import services
from apps.reviews.exceptions import NotBought, ReviewDecided, ReviewedAlready
from apps.reviews.models import Review, ReviewStatus
from apps.reviews.tests.factories import ReviewFactory, approved, shown_of

pytestmark = pytest.mark.django_db
PAID = {"order__payment_status": PaymentStatus.PAID}
UNRATED = (None, [0, 0, 0, 0, 0], Decimal(0))


@pytest.fixture
def product():
    return ProductVariantFactory().product


@pytest.fixture
def ada():
    return UserFactory(email="ada@example.test")


@pytest.mark.parametrize(
    "bought",
    [
        {"order__payment_status": PaymentStatus.UNPAID},
        {"order__payment_status": PaymentStatus.REFUNDED},
        {"quantity": 2, "given_up_quantity": 2},
        {"order__customer": None, "order__email": "ada@example.test"},  # by a guest; she has not proved the address
    ],
    ids=["not paid", "all money back", "all units given up", "as a guest"],
)
def test_only_who_keeps_a_paid_unit_may_review(product, ada, bought):
    OrderLineFactory(variant=product.variants.get(), **{"order__customer": ada, **PAID, **bought})

    with pytest.raises(NotBought):
        services.write_review(author=ada, product_id=product.pk, rating=5)

    assert not Review.objects.exists()


def test_a_guest_who_proved_the_address_of_the_order_may_review(product):
    ada = UserFactory(email="ada@example.test", email_verified_at="2026-01-01T00:00Z")
    OrderLineFactory(variant=product.variants.get(), order__email="Ada@example.test", **PAID)

    assert services.write_review(author=ada, product_id=product.pk, rating=5).status == ReviewStatus.PENDING


def test_nobody_reviews_a_product_twice(product, ada):
    ReviewFactory(product=product, author=ada)

    with pytest.raises(ReviewedAlready):
        services.write_review(author=ada, product_id=product.pk, rating=1)

    assert Review.objects.get().rating == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"rating": 6},
        {"rating": 0},
        {"status": "approved"},
        {"status": "rejected"},
        {"reply": "Thanks"},
    ],
    ids=str,
)
def test_the_database_refuses_a_review_that_cannot_be(wrong):
    review = ReviewFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.filter(pk=review.pk).update(**wrong)


def test_what_is_pending_is_not_counted_and_changes_nothing_that_shoppers_see(product):
    review = ReviewFactory(product=product, rating=5)
    services.reject_review(review=review, reason="Counted once, so that there is a row")
    before = edition_now()

    services.change_review(review_id=review.pk, rating=1)

    assert shown_of(product) == UNRATED
    assert edition_now()[:2] == before[:2]


def test_a_product_tells_average_and_histogram_of_what_is_approved(product):
    for rating in (5, 5, 4):
        approved(product=product, rating=rating)
    ReviewFactory(product=product, rating=1)

    assert shown_of(product) == ({"average": "4.67", "count": 3}, [0, 0, 0, 1, 2], Decimal("4.67"))
    assert list(audit.run()) == []


def test_a_changed_review_is_looked_at_again_and_keeps_the_reply(product):
    review = approved(product=product, rating=5)
    services.reply_to_review(review_id=review.pk, reply="Thank you")

    changed = services.change_review(review_id=review.pk, rating=2)

    assert (changed.status, changed.is_shown, changed.reply) == (ReviewStatus.PENDING, False, "Thank you")
    assert shown_of(product) == UNRATED
    assert services.approve_review(review=changed).is_shown
    assert shown_of(product)[0] == {"average": "2.00", "count": 1}


def test_a_rejected_and_a_deleted_review_no_longer_count(product):
    kept, rejected, deleted = (approved(product=product, rating=rating) for rating in (3, 5, 1))

    services.reject_review(review=rejected, reason="An advertisement")
    services.delete_review(review_id=deleted.pk)
    services.delete_review(review_id=deleted.pk)

    assert shown_of(product)[0] == {"average": "3.00", "count": 1}
    assert list(Review.objects.filter(is_shown=True)) == [kept]
    assert list(audit.run()) == []


def test_staff_approve_only_what_they_have_read(product):
    read = ReviewFactory(product=product)
    services.change_review(review_id=read.pk, comment="Buy at evil.example")

    with pytest.raises(ReviewDecided):
        services.approve_review(review=read)

    assert not Review.objects.get().is_shown


def test_where_the_shop_wants_that_reviews_are_shown_at_once(product, settings):
    settings.REVIEWS_SHOW_UNMODERATED = True

    review = ReviewFactory(product=product, rating=3)

    assert (review.status, review.is_shown) == (ReviewStatus.PENDING, True)
    assert shown_of(product)[0] == {"average": "3.00", "count": 1}


def test_a_product_that_is_saved_anew_keeps_its_rating(product):
    approved(product=product, rating=3)

    catalog.archive_product(product_id=product.pk)
    catalog.publish_product(product_id=product.pk)

    assert shown_of(product)[0] == {"average": "3.00", "count": 1}


def test_the_audit_finds_a_rating_that_the_reviews_do_not_bear_out(product):
    approved(product=product, rating=3)

    catalog.set_rating(product_id=product.pk, stars=[0, 0, 0, 0, 9])

    assert [finding.invariant.code for finding in audit.run()] == ["R1"]
