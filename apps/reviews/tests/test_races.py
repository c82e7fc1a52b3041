"""Many who review one product at the same moment, and what it is rated afterwards."""

from functools import partial
from threading import Barrier

import pytest
from django.db import transaction

from apps.catalog import services as catalog
from apps.catalog.tests.factories import ProductVariantFactory
from apps.common import audit
from apps.reviews import services
from apps.reviews.exceptions import ReviewedAlready
from apps.reviews.models import Review, ReviewStatus
from apps.reviews.tests.factories import ReviewFactory, approved, sell, shown_of
from tests.racing import race, refusals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def test_of_many_who_approve_change_and_delete_at_once_each_is_counted_once():
    product = ProductVariantFactory().product
    new = [ReviewFactory(product=product, rating=5) for _ in range(3)]
    old = [approved(product=product, rating=1) for _ in range(3)]

    results = race(
        *(partial(services.approve_review, review=review) for review in new),
        *(partial(services.delete_review, review_id=review.pk) for review in old[:2]),
        partial(services.change_review, review_id=old[2].pk, rating=2),
        partial(catalog.rebuild_documents, product_ids=[product.pk]),
    )

    assert refusals(results, AssertionError) == 0
    assert shown_of(product)[0] == {"average": "5.00", "count": 3}
    assert list(audit.run()) == []


def test_who_counts_without_holding_the_rating_loses_a_review():
    """The twin of the race above: both write, both count, and neither sees the other's."""
    product = approved(rating=3).product
    new = [ReviewFactory(product=product, rating=3) for _ in range(2)]
    both_have_counted = Barrier(2, timeout=20)

    def careless(review):
        with transaction.atomic():
            Review.objects.filter(pk=review.pk).update(status=ReviewStatus.APPROVED, is_shown=True)
            seen = Review.objects.filter(product=product, is_shown=True).count()
            both_have_counted.wait()
            catalog.set_rating(product_id=product.pk, stars=[0, 0, seen, 0, 0])

    race(*(partial(careless, review) for review in new))

    assert shown_of(product)[0] == {"average": "3.00", "count": 2}
    assert [finding.invariant.code for finding in audit.run()] == ["R1"]
    catalog.set_rating(product_id=product.pk, stars=[0, 0, 3, 0, 0])


def test_a_button_pressed_twice_writes_one_review():
    product, ada = ProductVariantFactory().product, ReviewFactory().author
    sell(product, ada)

    results = race(*[partial(services.write_review, author=ada, product_id=product.pk, rating=5)] * 3)

    assert refusals(results, ReviewedAlready) == 2
    assert Review.objects.filter(product=product).count() == 1
