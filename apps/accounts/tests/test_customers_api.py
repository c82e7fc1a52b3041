import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.signing_in import client_with, me, outcome, post, sign_in
from apps.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db

CUSTOMERS = "/api/v1/admin/customers/"


@pytest.fixture
def ada():
    return UserFactory(email="ada@example.test", first_name="Ada", phone="+584121234567")


def staff(*names):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names, content_type__app_label="accounts"))
    return client_with(sign_in(user).access)


@pytest.fixture
def client():
    return staff("view_user", "add_user", "change_user")


def page(user):
    return f"{CUSTOMERS}{user.public_id}/"


@pytest.mark.parametrize("words", ["ada@", "Ada", "+58412", "ada 1234567"])
def test_customers_are_found_and_colleagues_are_not_among_them(ada, client, words):
    UserFactory(email="bob@example.test")

    body = client.get(CUSTOMERS, {"search": words}).json()

    assert [row["email"] for row in body["results"]] == ["ada@example.test"]
    assert client.get(CUSTOMERS).json()["count"] == 2


def test_an_account_that_staff_make_is_opened_by_its_owner(client):
    response = client.post(CUSTOMERS, {"email": "Eva@example.test", "first_name": "Eva"}, format="json")

    assert response.status_code == 201
    eva = User.objects.get(email="eva@example.test")
    assert (eva.is_active, eva.has_usable_password()) == (False, False)
    assert OutboxMessage.objects.get().event_type == "accounts.UserRegistered"
    assert client.post(CUSTOMERS, {"email": "eva@example.test"}, format="json").json()["code"] == "email-taken"


def test_what_the_customer_could_change_staff_may_correct_and_nothing_else(ada, client):
    body = {"first_name": "Augusta", "email": "evil@example.test", "is_staff": True, "is_superuser": True}

    assert client.patch(page(ada), body, format="json").json()["first_name"] == "Augusta"

    ada.refresh_from_db()
    assert (ada.email, ada.is_staff, ada.is_superuser) == ("ada@example.test", False, False)


def test_deleting_locks_and_can_be_undone(ada, client):
    User.objects.update(email_verified_at=ada.created_at)
    access = sign_in(ada).access

    assert client.delete(page(ada)).status_code == 204
    assert outcome(me(access)) == (401, "session-ended")

    assert client.post(f"{page(ada)}unlock/").json()["is_active"] is True
    assert post("login", email="ada@example.test", password=PASSWORD).status_code == 200


def test_a_colleague_is_not_found(client):
    boss = UserFactory(is_staff=True)

    assert [client.get(page(boss)).status_code, client.delete(page(boss)).status_code] == [404, 404]


def test_each_thing_wants_its_permission(ada):
    looker = staff("view_user")

    assert looker.get(page(ada)).status_code == 200
    assert looker.patch(page(ada), {"first_name": "x"}, format="json").status_code == 403
    assert looker.post(CUSTOMERS, {"email": "x@example.test"}, format="json").status_code == 403
    assert looker.delete(page(ada)).status_code == 403
    assert looker.post(f"{page(ada)}unlock/").status_code == 403


def test_customers_and_strangers_get_nothing(ada):
    assert client_with(sign_in(ada).access).get(CUSTOMERS).status_code == 403
    assert APIClient().get(CUSTOMERS).status_code == 401
