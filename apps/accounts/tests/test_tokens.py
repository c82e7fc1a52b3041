from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from apps.accounts import services
from apps.accounts.tests.factories import UserFactory
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


def post(path, **body):
    return APIClient().post(f"/api/v1/auth/{path}/", body, format="json")


def me(access):
    return APIClient().get("/api/v1/me/", headers={"Authorization": f"Bearer {access}"})


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def tokens(user):
    return services.issue_tokens(user=user)


def test_access_lives_15_minutes_and_refresh_7_days(user, tokens):
    access, refresh = AccessToken(tokens.access), RefreshToken(tokens.refresh)

    assert access["exp"] - access["iat"] == 15 * 60
    assert refresh["exp"] - refresh["iat"] == 7 * 24 * 3600
    assert access["sub"] == str(user.public_id)


def test_refreshing_brings_a_new_pair_that_works(tokens):
    body = post("refresh", refresh=tokens.refresh).json()

    assert body["refresh"] != tokens.refresh
    assert me(body["access"]).status_code == 200
    assert post("refresh", refresh=body["refresh"]).status_code == 200


def test_a_refresh_token_works_once(tokens):
    post("refresh", refresh=tokens.refresh)

    response = post("refresh", refresh=tokens.refresh)

    assert (response.status_code, response.json()["code"]) == (401, "token-not-valid")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_who_bring_one_token_at_once_one_gets_a_successor(tokens):
    results = race(*[lambda: services.refresh_tokens(refresh=tokens.refresh)] * 8)

    assert refusals(results, TokenError) == 7


def test_logging_out_ends_the_refresh_token(tokens):
    assert post("logout", refresh=tokens.refresh).status_code == 204
    assert post("refresh", refresh=tokens.refresh).status_code == 401


@pytest.mark.parametrize("refresh", ["dead", "a.b.c", "\u00e9\u4e2d.\U0001f600.x"])
def test_logging_out_with_a_dead_token_is_no_problem(refresh):
    assert post("logout", refresh=refresh).status_code == 204


def test_logging_out_twice_is_once(tokens):
    assert [post("logout", refresh=tokens.refresh).status_code for _ in range(2)] == [204, 204]


@pytest.mark.parametrize("path", ["refresh", "logout"])
@pytest.mark.parametrize("body", [{}, {"refresh": None}, {"refresh": ["x"]}, {"refresh": "\x00"}])
def test_a_malformed_token_is_a_field_error(path, body):
    response = post(path, **body)

    assert (response.status_code, list(response.json()["errors"])) == (400, ["refresh"])


def test_a_refresh_token_opens_no_door(tokens):
    assert me(tokens.refresh).json()["code"] == "token-not-valid"


def test_an_access_token_cannot_be_refreshed(tokens):
    assert post("refresh", refresh=tokens.access).status_code == 401


def test_an_expired_token_is_refused(user):
    token = AccessToken.for_user(user)
    token.set_exp(from_time=timezone.now() - timedelta(hours=1))

    assert (me(token).status_code, me(token).json()["code"]) == (401, "token-not-valid")


@pytest.mark.parametrize("change", [{"is_active": False}, None])
def test_nothing_works_for_a_user_who_is_closed_or_gone(user, tokens, change):
    if change:
        type(user).objects.update(**change)
    else:
        user.delete()

    assert me(tokens.access).status_code == 401
    assert post("refresh", refresh=tokens.refresh).status_code == 401
    assert post("logout", refresh=tokens.refresh).status_code == 204


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer \u00ff\u00fe", "Bearer " + "x" * 5000])
def test_a_malformed_authorization_header_is_refused_or_ignored(header):
    response = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=header)

    assert response.status_code == 401
