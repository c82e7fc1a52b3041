import pytest
from django.urls import reverse

from apps.common.tests.staff import page_answers, press, staff_client
from apps.reviews import services
from apps.reviews.models import ReviewStatus
from apps.reviews.tests.factories import ReviewFactory, approved

pytestmark = pytest.mark.django_db
LIST = reverse("admin:reviews_review_changelist")


@pytest.fixture
def staff():
    return staff_client("reviews.view_review", "reviews.change_review")


def button(review, name):
    return reverse("admin:reviews_review_button", args=[review.pk, name])


def test_the_queue_holds_what_nobody_has_read_and_several_are_approved_at_once(staff):
    pending = [ReviewFactory(title="Unread one"), ReviewFactory(title="Unread two")]
    approved(title="Read already")

    page = staff.get(f"{LIST}?queue=to_moderate").content.decode()
    staff.post(LIST, {"action": "approve_selected", "_selected_action": [review.pk for review in pending]})

    assert "Unread one" in page
    assert "Read already" not in page
    for review in pending:
        review.refresh_from_db()
        assert review.is_shown


def test_staff_reject_with_a_reason_and_reply(staff):
    bad, good = ReviewFactory(), approved()

    press(staff, button(bad, "reject"), reason="An advertisement")
    press(staff, button(good, "reply"), reply="Thank you")

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, bad.reason) == (ReviewStatus.REJECTED, "An advertisement")
    assert good.reply == "Thank you"


def test_what_was_changed_since_the_page_was_opened_is_not_approved(staff):
    review = ReviewFactory()
    answers = page_answers(staff, button(review, "approve"))
    services.change_review(review_id=review.pk, comment="Buy at evil.example")

    page = staff.post(button(review, "approve"), answers).content.decode()

    review.refresh_from_db()
    assert "It has changed since" in page
    assert not review.is_shown
