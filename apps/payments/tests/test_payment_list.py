"""The list of payments, and how it is narrowed."""

import pytest

from apps.accounts.models import User
from apps.payments.tests.test_payments_api import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.test", "a-long-password")


@pytest.fixture
def payments(buyer, ada):
    """Ada's card payment that succeeded, and her transfer that waits."""
    return buyer.paid(buyer.order(customer_id=ada.pk)), buyer.begin(buyer.order(customer_id=ada.pk), "bank_transfer")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 0]),
        ("order={0}", [0]),
        ("order=ORD-0", []),
        ("status=pending", [1]),
        ("status=pending&status=succeeded", [1, 0]),
        ("provider=stripe", [0]),
        ("begun_before=2020-01-01T00:00:00Z", []),
        ("begun_after=2020-01-01T00:00:00Z", [1, 0]),
    ],
)
def test_payments_are_found_by_order_status_provider_and_time(payments, ada, query, found):
    query = query.format(payments[0].order.number)

    body = Caller(ada).get(f"payments/?{query}").json()

    assert [one["id"] for one in body["results"]] == [str(payments[number].public_id) for number in found]


def test_a_status_that_is_none_is_refused(payments, ada):
    assert Caller(ada).get("payments/?status=lost").status_code == 400
