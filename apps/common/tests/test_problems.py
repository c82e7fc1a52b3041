import pytest
from rest_framework import exceptions as drf
from rest_framework.test import APIClient

from apps.common.api.problems import problem_handler
from apps.common.exceptions import Conflict, Invalid, Unavailable


class Busy(Unavailable):
    code = "busy"
    title = "Busy"


class Taken(Conflict):
    code = "taken"
    title = "Taken"


class Wrong(Invalid):
    code = "wrong"
    title = "Wrong"


def answer(error):
    return problem_handler(error, {})


def test_a_refusal_becomes_a_problem_with_its_facts():
    response = answer(Taken("It is taken.", by="somebody"))

    assert response.status_code == 409
    assert response.data == {
        "type": "/problems/taken",
        "title": "Taken",
        "status": 409,
        "detail": "It is taken.",
        "code": "taken",
        "by": "somebody",
    }


def test_a_refused_field_is_named_beside_its_code():
    response = answer(Wrong("No.", errors={"name": ["Too long."]}))

    assert (response.status_code, response.data["errors"]) == (422, {"name": ["Too long."]})
    assert response.data["error_codes"] == {"name": ["wrong"]}


def test_what_may_pass_says_when_to_come_again():
    response = answer(Busy("Later."))

    assert (response.status_code, response["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    ("detail", "errors"),
    [
        ({"name": ["Too long."]}, {"name": ["Too long."]}),
        ({"address": {"city": ["Missing."]}}, {"address.city": ["Missing."]}),
        ({"lines": [{}, {"sku": ["Unknown."]}]}, {"lines.1.sku": ["Unknown."]}),
        (["Nothing sent."], {"non_field_errors": ["Nothing sent."]}),
    ],
)
def test_nested_fields_are_named_by_their_path(detail, errors):
    assert answer(drf.ValidationError(detail)).data["errors"] == errors


def test_a_bug_is_left_to_django():
    assert answer(ZeroDivisionError()) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("get", "/nowhere/", None, 404, "not-found"),
        ("get", "/api/v1/orders/", None, 401, "authentication-required"),
        ("delete", "/api/v1/orders/ORD-1/cancel/", None, 405, "method-not-allowed"),
    ],
)
def test_every_address_refuses_in_the_same_shape(method, path, body, status, code):
    response = getattr(APIClient(), method)(path, body, format="json")

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
