"""Who gets past the door of every route. A route that has no row in the table fails here.

What a person may see behind the door is each app's own to test: strangers' objects are not found.
"""

import re

import pytest
from django.contrib.auth.models import Group
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, sign_in
from apps.operations import roles
from tests.security.access import ACCESS, ANYONE, SIGNED_IN, STEPPED_UP

METHODS = {"get", "post", "put", "patch", "delete"}
NOBODYS_ID = "00000000-0000-7000-8000-000000000000"
ROUTES = sorted(
    f"{method.upper()} {path}"
    for path, operations in SchemaGenerator().get_schema(public=True)["paths"].items()
    for method in operations
    if method in METHODS
)
CALLERS = ["guest", "customer", "clerk", *roles.ROLES, "boss"]


@pytest.fixture(scope="module")
def everybody(django_db_setup, django_db_blocker):
    """A client for each caller: a clerk is staff without any role, the boss a superuser."""
    with django_db_blocker.unblock():
        roles.ensure_roles()
        people = {"customer": UserFactory(), "clerk": UserFactory(is_staff=True)}
        for role in roles.ROLES:
            people[role] = UserFactory(is_staff=True)
            people[role].groups.add(Group.objects.get(name=role))
        people["boss"] = UserFactory(is_staff=True, is_superuser=True)
        yield {"guest": APIClient()} | {name: client_with(sign_in(user).access) for name, user in people.items()}
        for user in people.values():
            user.delete()
        Group.objects.all().delete()


def who_should(route):
    allowed = ACCESS[route]
    if allowed == ANYONE:
        return set(CALLERS)
    if allowed == SIGNED_IN:
        return set(CALLERS) - {"guest"}
    return {*allowed, "boss"}


def test_every_route_has_a_row_and_every_row_a_route():
    assert sorted(ACCESS) == ROUTES


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(route for route, who in ACCESS.items() if who == STEPPED_UP))
def test_being_signed_in_is_not_enough_for_what_wants_a_fresh_code(everybody, route):
    method, address = route.split(" ")

    for name, client in everybody.items():
        answer = client.generic(method, address, "{}", content_type="application/json")
        code = "authentication-required" if name == "guest" else "step-up-required"
        assert (name, answer.json()["code"]) == (name, code)


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in ROUTES if ACCESS.get(route, STEPPED_UP) != STEPPED_UP])
def test_only_those_in_the_table_get_past_the_door(everybody, route):
    method, path = route.split(" ")
    address = re.sub(r"\{(\w+)\}", lambda field: NOBODYS_ID if field[1].endswith("_id") else "x", path)

    answers = {}
    for name, client in everybody.items():
        answers[name] = client.generic(method, address, "{}", content_type="application/json").status_code

    past = {name for name, status in answers.items() if status not in (401, 403)}
    assert past == who_should(route), answers
    assert answers["guest"] != 403
