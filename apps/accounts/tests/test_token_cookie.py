"""The refresh token in a cookie that scripts cannot read, for storefronts that ask for it."""

import pytest
from rest_framework.test import APIClient

from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.signing_in import me

pytestmark = pytest.mark.django_db

ASK = {"X-Token-Transport": "cookie"}


@pytest.fixture
def browser():
    UserFactory(email="ada@example.test")
    browser = APIClient()
    body = {"email": "ada@example.test", "password": PASSWORD}
    browser.response = browser.post("/api/v1/auth/login/", body, format="json", headers=ASK)
    return browser


def refresh(browser, **headers):
    return browser.post("/api/v1/auth/refresh/", {}, format="json", headers=headers)


def test_the_refresh_token_is_out_of_scripts_reach(browser):
    assert set(browser.response.json()) == {"access", "user"}
    cookie = browser.response.cookies["refresh"]
    assert cookie["httponly"]
    assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/api/v1/auth/", "Lax", 7 * 24 * 3600)


def test_production_sends_it_over_https_only(settings):
    settings.REFRESH_COOKIE_SECURE = True
    UserFactory(email="eva@example.test")

    body = {"email": "eva@example.test", "password": PASSWORD}
    response = APIClient().post("/api/v1/auth/login/", body, format="json", headers=ASK)

    assert response.cookies["refresh"]["secure"]


def test_the_cookie_is_spent_and_replaced(browser):
    before = browser.cookies["refresh"].value

    response = refresh(browser, **ASK)

    assert set(response.json()) == {"access"}
    assert me(response.json()["access"]).status_code == 200
    assert browser.cookies["refresh"].value != before


def test_without_the_header_the_cookie_counts_for_nothing(browser):
    response = refresh(browser)

    assert (response.status_code, list(response.json()["errors"])) == (400, ["refresh"])


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost:3000", 200), ("http://testserver", 200), ("https://evil.example", 403), ("null", 403)],
)
def test_only_pages_of_ours_may_use_it(browser, origin, status):
    assert refresh(browser, **ASK, Origin=origin).status_code == status


def test_a_page_of_another_site_is_not_even_allowed_to_ask(browser):
    preflight = APIClient().options(
        "/api/v1/auth/refresh/",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )

    assert "Access-Control-Allow-Origin" not in preflight


def test_logging_out_drops_it(browser):
    response = browser.post("/api/v1/auth/logout/", {}, format="json", headers=ASK)

    assert response.status_code == 204
    assert response.cookies["refresh"].value == ""
    assert me(browser.response.json()["access"]).status_code == 401


def test_who_does_not_ask_gets_no_cookie(browser):
    body = {"email": "ada@example.test", "password": PASSWORD}

    assert not APIClient().post("/api/v1/auth/login/", body, format="json").cookies
