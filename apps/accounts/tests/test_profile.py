import pytest
from rest_framework.test import APIClient

from apps.accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(first_name="Ada", language="en")


@pytest.fixture
def client(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_strangers_have_no_profile():
    response = APIClient().get("/api/v1/me/")

    assert (response.status_code, response.json()["code"]) == (401, "authentication-required")


def test_changes_what_is_sent_and_leaves_the_rest(user, client):
    response = client.patch("/api/v1/me/", {"phone": "+584121234567", "last_name": "Ñandú 😀"}, format="json")

    assert response.status_code == 200
    user.refresh_from_db()
    assert (user.first_name, user.last_name, user.phone, user.language) == ("Ada", "Ñandú 😀", "+584121234567", "en")
    assert response.json()["last_name"] == "Ñandú 😀"
    assert user.updated_at > user.created_at


def test_forgets_a_phone_that_is_sent_empty(user, client):
    type(user).objects.update(phone="+584121234567")

    assert client.patch("/api/v1/me/", {"phone": ""}, format="json").json()["phone"] == ""


@pytest.mark.parametrize(
    ("field", "value"), [("phone", "12"), ("phone", None), ("language", "klingon"), ("last_name", "a\x00b")]
)
def test_refuses_a_malformed_field_and_changes_nothing(user, client, field, value):
    response = client.patch("/api/v1/me/", {"first_name": "Eve", field: value}, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    user.refresh_from_db()
    assert user.first_name == "Ada"


def test_identity_and_rights_are_not_the_users_to_change(user, client):
    client.patch(
        "/api/v1/me/", {"email": "eve@example.test", "is_staff": True, "id": 1, "password": "x"}, format="json"
    )

    before = (user.email, user.is_staff, user.public_id, user.password)
    user.refresh_from_db()
    assert (user.email, user.is_staff, user.public_id, user.password) == before
