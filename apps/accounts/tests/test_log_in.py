import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from rest_framework.test import APIClient

from apps.accounts import services
from apps.accounts.exceptions import InvalidCredentials
from apps.accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def log_in(body, **headers):
    return APIClient().post("/api/v1/auth/login/", body, format="json", headers=headers)


def test_answers_with_tokens_and_the_person():
    user = UserFactory(email="ada@example.test", first_name="Ada")

    response = log_in({"email": " Ada@Example.test", "password": PASSWORD})

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh", "user"}
    assert response.json()["user"]["id"] == str(user.public_id)
    user.refresh_from_db()
    assert user.last_login is not None


@pytest.mark.parametrize("email", ["ada@example.test", "nobody@example.test"])
def test_wrong_credentials_sound_the_same_for_known_and_unknown_addresses(email):
    UserFactory(email="ada@example.test")

    response = log_in({"email": email, "password": "not-the-password"})

    assert response.status_code == 400
    assert response.json() == {
        "type": "/problems/invalid-credentials",
        "title": "The credentials are wrong",
        "status": 400,
        "detail": "Invalid email or password.",
        "code": "invalid-credentials",
        "errors": {"non_field_errors": ["Invalid email or password."]},
        "error_codes": {"non_field_errors": ["invalid-credentials"]},
    }


def test_a_closed_account_says_so_only_to_who_knows_its_password():
    UserFactory(email="ada@example.test", is_active=False)

    right = log_in({"email": "ada@example.test", "password": PASSWORD}).json()
    wrong = log_in({"email": "ada@example.test", "password": "not-the-password"}).json()

    assert (right["code"], right["detail"]) == (
        "account-not-active",
        "User account is not active. Please verify your email.",
    )
    assert wrong["code"] == "invalid-credentials"


@pytest.mark.parametrize(
    "body", [{}, {"email": "ada@example.test"}, {"password": PASSWORD}, {"email": "", "password": ""}]
)
def test_wants_both_fields(body):
    response = log_in(body)

    assert response.status_code == 400
    assert response.json()["errors"] == {"non_field_errors": ["Must include email and password."]}


@pytest.mark.parametrize(
    "body",
    [
        {"email": "a\x00@example.test", "password": PASSWORD},
        {"email": "ada@example.test", "password": "\x00"},
        {"email": {"$ne": ""}, "password": PASSWORD},
        {"email": "ada@example.test", "password": ["x"]},
        {"email": "x" * 10_000, "password": PASSWORD},
        ["ada@example.test", PASSWORD],
        "text",
    ],
)
def test_refuses_what_is_malformed(body):
    response = log_in(body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid-input")


def test_an_unknown_address_costs_as_much_hashing_as_a_wrong_password(settings):
    UserFactory(email="ada@example.test")
    settings.PASSWORD_HASHERS = [f"{CountingHasher.__module__}.CountingHasher"]

    work = []
    for email in ["ada@example.test", "nobody@example.test"]:
        CountingHasher.count = 0
        with pytest.raises(InvalidCredentials):
            services.check_credentials(email=email, password="not-the-password")
        work.append(CountingHasher.count)

    assert work == [1, 1]


class CountingHasher(MD5PasswordHasher):
    """The tests' cheap hash, counting its work."""

    count = 0

    def encode(self, password, salt):
        CountingHasher.count += 1
        return super().encode(password, salt)


def test_a_dead_token_in_the_header_does_not_keep_anybody_out():
    UserFactory(email="ada@example.test")

    response = log_in({"email": "ada@example.test", "password": PASSWORD}, Authorization="Bearer dead")

    assert response.status_code == 200


def test_passwords_are_kept_by_argon2_in_production():
    from config.settings import base

    assert base.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"
