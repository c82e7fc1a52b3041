import pytest
from rest_framework.test import APIClient

from apps.accounts import services
from apps.accounts.exceptions import EmailTaken
from apps.accounts.models import User
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.outbox.models import OutboxMessage
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


MORE = {"username": "ada.m", "date_of_birth": "1990-12-10"}


def register(**body):
    body = {"email": "ada@example.test", "password": PASSWORD} | body
    return APIClient().post("/api/v1/auth/register/", body, format="json")


def test_makes_a_customer_who_has_to_verify_the_address_first():
    response = register(first_name="Ada", last_name="Márquez", phone="+584121234567", language="pt", **MORE)

    user = User.objects.get()
    body = response.json()
    assert response.status_code == 201
    assert body["user"] == {
        "id": str(user.public_id),
        "email": "ada@example.test",
        "is_email_verified": False,
        "username": "ada.m",
        "first_name": "Ada",
        "last_name": "Márquez",
        "phone": "+584121234567",
        "code_channels": [{"channel": "email", "sent_to": "a•••@example.test"}],
        "date_of_birth": "1990-12-10",
        "account_type": "buyer",
        "picture": None,
        "language": "pt",
        "is_staff": False,
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert body["message"] == "Registration successful. Please check your email to verify your account."
    assert not user.is_active
    login = APIClient().post("/api/v1/auth/login/", {"email": user.email, "password": PASSWORD}, format="json")
    assert login.json()["code"] == "account-not-active"


def test_announces_the_new_user_and_keeps_only_a_hash_of_the_password():
    register()

    user, message = User.objects.get(), OutboxMessage.objects.get()
    assert (message.event_type, message.payload) == ("accounts.UserRegistered", {"user_id": user.pk})
    assert PASSWORD not in user.password
    assert user.check_password(PASSWORD)


def test_spells_an_address_in_one_way():
    assert register(email=" Ada@Example.TEST ").json()["user"]["email"] == "ada@example.test"


@pytest.mark.parametrize("email", ["ada@example.test", "ADA@example.test"])
def test_refuses_an_address_that_has_an_account_in_any_capitals(email):
    UserFactory(email="ada@example.test")

    response = register(email=email)

    assert (response.status_code, response.json()["code"]) == (400, "email-taken")
    assert response.json()["errors"] == {"email": ["A user with this email already exists."]}
    assert User.objects.count() == 1
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("k7-f2", "This password is too short. It must contain at least 8 characters."),
        ("password1", "This password is too common."),
        ("8301947265", "This password is entirely numeric."),
        ("ada@example.test", "The password is too similar to the email."),
    ],
)
def test_refuses_a_password_that_is_easy_to_guess(password, reason):
    response = register(password=password)

    assert (response.status_code, response.json()["code"]) == (400, "password-refused")
    assert response.json()["errors"] == {"password": [reason]}
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["password_confirm", "confirm_password"])
def test_compares_a_second_password_by_either_name(name):
    assert register(**{name: "another-one"}).json()["errors"] == {name: ["The two passwords differ."]}
    assert register(**{name: PASSWORD}).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "ada\x00@example.test"),
        ("email", "a" * 250 + "@example.test"),
        ("email", ["ada@example.test"]),
        ("password", ""),
        ("password", None),
        ("password", "\x00" + PASSWORD),
        ("password", "x" * 100_000),
        ("first_name", "x" * 81),
        ("first_name", {"a": 1}),
        ("phone", "0412-12345"),
        ("phone", "+58412 call me"),
        ("language", "xx"),
        ("username", "a b"),
        ("date_of_birth", "2999-01-01"),
        ("date_of_birth", "yesterday"),
    ],
)
def test_names_the_field_that_is_malformed(field, value):
    response = register(**{field: value})

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert not User.objects.exists()


@pytest.mark.parametrize("body", [[], "text", 7, None])
def test_refuses_a_body_that_is_not_an_object(body):
    response = APIClient().post("/api/v1/auth/register/", body, format="json")

    assert (response.status_code, response.json()["code"]) == (400, "invalid-input")


@pytest.mark.parametrize("username", ["ada.m", "ADA.M"])
def test_refuses_a_username_that_somebody_has_in_any_capitals(username):
    UserFactory(username="ada.m")

    response = register(username=username)

    assert response.json()["errors"] == {"username": ["A user with this username already exists."]}
    assert User.objects.count() == 1


def test_nobody_makes_himself_staff():
    register(is_staff=True, is_superuser=True, is_active=False)

    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, False)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_with_one_address_one_gets_the_account():
    emails = ["ada@example.test", "ADA@example.test"] * 4

    results = race(
        *[
            lambda email=email: services.register_user(email=email, password=PASSWORD, device=services.Device())
            for email in emails
        ]
    )

    assert refusals(results, EmailTaken) == 7
    assert User.objects.count() == OutboxMessage.objects.count() == 1
