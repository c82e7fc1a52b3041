import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "", "application/json, text/plain, */*", "text/html, */*;q=0.1"]
)
def test_whoever_takes_json_gets_it(client, accept):
    response = client.get("/api/v1/products/", headers={"accept": accept})

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_whoever_takes_no_json_is_told_that_there_is_nothing_else(client):
    response = client.get("/api/v1/products/", headers={"accept": "text/html"})

    assert (response.status_code, response.json()["code"]) == (406, "not-acceptable")


def test_an_address_cannot_ask_for_another_form(client):
    assert client.get("/api/v1/products/?format=xml").status_code == 404
