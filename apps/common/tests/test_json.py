import pytest
from rest_framework.test import APIClient


def post(body):
    return APIClient().post("/api/v1/auth/login/", body, content_type="application/json")


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"\xff", b'"\\ud800"', b"[" * 100_000])
def test_a_body_that_is_not_strict_json_is_refused(body):
    response = post(body)

    assert response.status_code == 400
    assert response.json()["code"] == ("malformed-json" if body else "invalid-input")


def test_a_number_of_any_length_breaks_nothing():
    assert post(b'{"email": ' + b"9" * 10_000 + b', "password": 1}').status_code == 400


def test_a_body_over_the_limit_is_refused_unread(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = post(b'"' + b"x" * 1000 + b'"')

    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")
