import pytest
from rest_framework.test import APIClient

from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, sign_in
from apps.catalog.tests.factories import ProductVariantFactory
from apps.reviews import services
from apps.reviews.tests.factories import ReviewFactory, approved, sell
from apps.stores.models import StoreRole
from apps.stores.tests.factories import StoreMemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def product():
    return ProductVariantFactory().product


@pytest.fixture
def ada():
    return UserFactory(email="ada@example.test", first_name="Ada", last_name="Lovelace")


def get(path, client=None, status=200):
    answer = (client or APIClient()).get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def signed_in(user):
    return client_with(sign_in(user).access)


def test_a_buyer_writes_and_reads_what_becomes_of_it(product, ada):
    sell(product, ada)
    client = signed_in(ada)

    written = client.post(
        f"/api/v1/products/{product.public_id}/reviews/", {"rating": 5, "title": "<b>Fine</b>"}, format="json"
    )

    assert written.status_code == 201
    own = written.json()
    assert (own["title"], own["status"], own["is_shown"]) == ("<b>Fine</b>", "pending", False)
    assert own["product"]["slug"] == product.slug
    assert get(f"products/{product.slug}/reviews/")["count"] == 0
    get(f"reviews/{own['id']}/", status=404)

    services.reject_review(review=ada.reviews.get(), reason="No title like that")

    mine = get("reviews/", client)["results"]
    assert [(review["status"], review["reason"]) for review in mine] == [("rejected", "No title like that")]


def test_everybody_reads_what_is_approved_with_a_first_name_and_no_more(product, ada):
    approved(product=product, author=ada, rating=5, comment="Fits")
    approved(product=product, rating=2)

    page = get(f"products/{product.slug}/reviews/?rating=5")

    assert page["rating"] == {"average": "3.50", "count": 2}
    assert page["rating_histogram"] == {"1": 0, "2": 1, "3": 0, "4": 0, "5": 1}
    (review,) = page["results"]
    assert (review["author_name"], review["comment"], review["rating"]) == ("Ada", "Fits", 5)
    assert set(review).isdisjoint({"author", "status", "reason"})
    assert "Lovelace" not in str(page)


def test_lists_of_products_are_narrowed_and_ordered_by_rating():
    good, fair, unrated = (ProductVariantFactory(product__slug=name).product for name in ("good", "fair", "unrated"))
    approved(product=good, rating=5)
    approved(product=fair, rating=3)

    def slugs(query):
        return [card["slug"] for card in get(f"products/?{query}")["results"]]

    assert slugs("ordering=-rating") == ["good", "fair", unrated.slug]
    assert slugs("rating__gte=3&ordering=-rating") == ["good", "fair"]
    assert slugs("rating__gte=3.5") == ["good"]
    cursor = get("products/?ordering=-rating&page_size=1&cursor=")["next"].partition("/api/v1/")[2]
    assert [card["slug"] for card in get(cursor)["results"]] == ["fair"]


def test_a_kept_answer_tells_a_new_rating_in_the_very_next_read(product):
    review = ReviewFactory(product=product, rating=4)
    before = [get("products/")["results"][0]["rating"], get(f"products/{product.slug}/")["rating"]]

    services.approve_review(review=review)

    assert before == [None, None]
    rating = {"average": "4.00", "count": 1}
    assert [get("products/")["results"][0]["rating"], get(f"products/{product.slug}/")["rating"]] == [rating, rating]


def test_who_sells_in_the_products_store_replies_and_a_clerk_does_not(product):
    review = approved(product=product)
    manager, clerk = (StoreMemberFactory(role=role).user for role in (StoreRole.MANAGER, StoreRole.CLERK))
    path = f"/api/v1/reviews/{review.public_id}/reply/"

    assert signed_in(clerk).put(path, {"reply": "No"}, format="json").status_code == 404
    assert signed_in(manager).put(path, {"reply": "Thank you"}, format="json").json()["reply"] == "Thank you"

    shown = get(f"reviews/{review.public_id}/")
    assert shown["reply"] == "Thank you"
    assert shown["replied_at"]
    assert signed_in(manager).delete(path).status_code == 204
    assert get(f"reviews/{review.public_id}/")["replied_at"] is None
