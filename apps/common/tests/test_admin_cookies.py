import pytest

from apps.accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    """A browser in which somebody is signed in to the admin."""
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def test_the_cookie_of_the_admin_opens_the_admin(staff):
    assert staff.get("/admin/").status_code == 200


def test_the_cookie_of_the_admin_opens_nothing_in_the_api(staff, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert staff.get("/api/v1/orders/").status_code == 401
